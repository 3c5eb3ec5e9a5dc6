package kernels

import "testing"

func TestConv1x1(t *testing.T) { testConv(t, 1, PlainConv1x1, (*Runner).Conv1x1) }

// The definition itself, by hand.
func TestPlainConv1x1ByHand(t *testing.T) {
	a := &ConvArgs{N: 1, H: 1, W: 2, C: [2]int{1, 1}, In: [2][]float32{{1, 2}, {10, 20}}, Stride: 1, Cout: 2, Weight: Weight{F32: []float32{1, 2, 3, 4}},
		Bias: []float32{100, 200}, Mul: 1, Out: make([]float32, 4)}
	PlainConv1x1(a)
	near(t, a.Out, []float32{1 + 30 + 100, 2 + 40 + 200, 2 + 60 + 100, 4 + 80 + 200}, 0, 0)
}
