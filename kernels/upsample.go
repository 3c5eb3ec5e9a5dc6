package kernels

// PlainUpsample doubles rows and columns by repeating each pixel (nearest neighbour), by definition.
func PlainUpsample(a *PoolArgs) {
	for n := range a.N {
		for y := range 2 * a.H {
			for x := range 2 * a.W {
				from := ((n*a.H+y/2)*a.W + x/2) * a.C
				to := ((n*2*a.H+y)*2*a.W + x) * a.C
				copy(a.Out[to:to+a.C], a.In[from:from+a.C])
			}
		}
	}
}
