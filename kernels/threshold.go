package kernels

import (
	"math"
	"slices"
)

// PlainThreshold is dynamic thresholding of one picture by definition (Saharia et al. 2022, section 2.3): s, the quantile of the
// magnitudes (between two of them by linear interpolation) but from 1 to top, becomes the bound: x = clip(x, -s, s)/s. Values
// that are not numbers stay what they are. No shader does this: engines read the picture back.
func PlainThreshold[T float32 | float64](x []T, quantile, top float64) {
	sorted := make([]float64, len(x))
	for i, v := range x {
		sorted[i] = math.Abs(float64(v))
	}
	slices.Sort(sorted)
	at := quantile * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	s := sorted[i]
	if i+1 < len(sorted) {
		s += (at - float64(i)) * (sorted[i+1] - s)
	}
	s = min(max(s, 1), top)
	for i, v := range x {
		x[i] = T(min(max(float64(v), -s), s) / s)
	}
}
