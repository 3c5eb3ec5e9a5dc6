package kernels

// PoolArgs is AvgPool2's and Upsample's input and output.
type PoolArgs struct {
	N, H, W, C int
	In         []float32 // NHWC
	Norm       []float32 // [N][3][C] or nil (AvgPool2)
	SiLU       bool      // (AvgPool2)
	Out        []float32 // NHWC
}

// PlainAvgPool2 is the mean of 2x2 pixels of act(norm(in)), by definition; an odd last row or column is dropped.
func PlainAvgPool2(a *PoolArgs) {
	i := 0
	for n := range a.N {
		for y := range a.H / 2 {
			for x := range a.W / 2 {
				for c := range a.C {
					var sum float32
					for k := range 4 {
						pixel := (n*a.H+2*y+k/2)*a.W + 2*x + k%2
						sum += activate(a.In[pixel*a.C+c], a.Norm, n, c, a.C, a.SiLU)
					}
					a.Out[i] = sum * 0.25
					i++
				}
			}
		}
	}
}
