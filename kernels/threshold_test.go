package kernels

import "testing"

func TestPlainThreshold(t *testing.T) {
	x := []float64{-4, 1, 2, -3, 0}
	PlainThreshold(x, 0.9, 10) // magnitudes 0 1 2 3 4: the quantile at 3.6 is 3.6
	near(t, to32(x), []float32{-1, 1 / 3.6, 2 / 3.6, -3 / 3.6, 0}, 1e-6, 0)
	x = []float64{-4, 1, 2, -3, 0}
	PlainThreshold(x, 0.9, 2)
	near(t, to32(x), []float32{-1, 0.5, 1, -1, 0}, 1e-6, 0)
	x = []float64{-0.5, 0.25}
	PlainThreshold(x, 1, 2) // a bound below 1 is 1
	near(t, to32(x), []float32{-0.5, 0.25}, 0, 0)
	one := []float32{3}
	PlainThreshold(one, 0.5, 4)
	near(t, one, []float32{1}, 0, 0)
}

func to32(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}
