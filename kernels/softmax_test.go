package kernels

import (
	"math"
	"testing"
)

// softmaxRows have lengths around vectors; logits of ordinary size, and of 1e4, where all but one vanish.
func softmaxRows(test func(row []float32)) {
	s := source(10)
	for n := 1; n < 70; n++ {
		for _, size := range []float64{1, 20, 1e4} {
			test(s.floats(n, size))
		}
	}
}

func TestSoftmax(t *testing.T) {
	softmaxRows(func(row []float32) {
		top, sum := math.Inf(-1), 0.0
		for _, x := range row {
			top = max(top, float64(x))
		}
		for _, x := range row {
			sum += math.Exp(float64(x) - top)
		}
		want := make([]float32, len(row))
		for i, x := range row {
			want[i] = float32(math.Exp(float64(x)-top) / sum)
		}
		Softmax(row)
		near(t, row, want, 1e-37, 3e-6) // a difference of logits of 40 rounds to 2e-6, which the exponential carries over
	})
}

// Below -87.3 the exponential of the vectors stops at the smallest normal number.
func TestFastSoftmax(t *testing.T) {
	softmaxRows(func(row []float32) {
		want := append([]float32{}, row...)
		Softmax(want)
		softmax(row)
		near(t, row, want, 2e-38, 2e-6)
	})
}

func TestFastSoftmaxKeepsNaN(t *testing.T) {
	for n := 1; n < 20; n++ {
		row := make([]float32, n)
		row[n/2] = float32(math.NaN())
		softmax(row)
		if row[n/2] == row[n/2] {
			t.Fatalf("%d logits: NaN became %g", n, row[n/2])
		}
	}
}
