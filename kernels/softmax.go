package kernels

import "math"

// expSum replaces row by exp(row - top) and returns the sum.
func expSum(row []float32, top float32) float32 {
	var sum float32
	for i, v := range row {
		row[i] = float32(math.Exp(float64(v - top)))
		sum += row[i]
	}
	return sum
}

// Softmax replaces row by exp(row) / sum(exp(row)); the largest entry is subtracted first.
func Softmax(row []float32) {
	top := row[0]
	for _, v := range row {
		top = max(top, v)
	}
	sum := expSum(row, top)
	for i := range row {
		row[i] /= sum
	}
}
