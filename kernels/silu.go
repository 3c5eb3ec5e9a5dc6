package kernels

import "math"

// SiLU is x * sigmoid(x). It is written with exp(-|x|), which cannot overflow; results below float32's normal range
// may become 0.
func SiLU(x float32) float32 {
	t := math.Exp(-math.Abs(float64(x)))
	if x < 0 {
		return float32(float64(x) * t / (1 + t))
	}
	return float32(float64(x) / (1 + t))
}
