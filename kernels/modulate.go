package kernels

import "math"

// Factor is what PlainModulate multiplies by: Add + Mul f, or its exponential, f being a value of a tensor.
type Factor struct {
	Add, Mul float32
	Exp      bool
	In       []float32 // [pixels][C]
	C        int       // channels of In
	Skip     int       // first channel read
}

// PlainModulate is out = in * factor, element by element, by definition: pixels of c channels. A factor of one channel counts for all.
func PlainModulate(out, in []float32, c int, f Factor) {
	for i := range out {
		channel := f.Skip
		if f.C > 1 {
			channel += i % c
		}
		by := f.Add + float32(f.Mul*f.In[i/c*f.C+channel])
		if f.Exp {
			by = float32(math.Exp(float64(by)))
		}
		out[i] = in[i] * by
	}
}
