package kernels

// CombineTerm is one summand of PlainCombine.
type CombineTerm struct {
	Coef float32
	In   []float32 // [pixels][C]
	C    int       // channels of In
	Skip int       // first channel read
}

// PlainCombine is out = clip(constant + sum of Coef*In), by definition: pixels of c channels, summed in order in float32. clip <= 0: no clipping.
func PlainCombine(out []float32, c int, constant, clip float32, terms []CombineTerm) {
	for i := range out {
		sum := constant
		for _, t := range terms {
			sum += float32(t.Coef * t.In[i/c*t.C+t.Skip+i%c])
		}
		if clip > 0 {
			sum = min(max(sum, -clip), clip)
		}
		out[i] = sum
	}
}
