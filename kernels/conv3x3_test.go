package kernels

import "testing"

func TestConv3x3(t *testing.T) { testConv(t, 3, PlainConv3x3, (*Runner).Conv3x3) }

// A picture large enough to be cut into chunks of pixels, several for each thread.
func TestConv3x3Chunks(t *testing.T) {
	s := source(33)
	a := &ConvArgs{N: 2, H: 19, W: 21, C: [2]int{5, 0}, Stride: 1, Cout: 3, Mul: 1, Bias: s.floats(3, 1), In: [2][]float32{s.floats(2*19*21*5, 1)}, Weight: s.weight(45, 3, true)}
	want := guarded(2 * 19 * 21 * 3)
	a.Out = want[guardWidth:]
	PlainConv3x3(a)
	onTiles(t, func(t *testing.T) {
		for _, r := range runners {
			room := guarded(2 * 19 * 21 * 3)
			a.Out = room[guardWidth:]
			r.poison()
			r.Conv3x3(a, PackPanels(a.Weight, 45, 3))
			near(t, unguarded(t, room, 2*19*21*3), unguarded(t, want, 2*19*21*3), sumsAbs, sumsRel)
		}
	})
}

// The definition itself, by hand: one pixel, so that every tap but the middle one is padding.
func TestPlainConv3x3OnePixel(t *testing.T) {
	w := make([]float32, 9)
	for i := range w {
		w[i] = float32(i + 1)
	}
	a := &ConvArgs{N: 1, H: 1, W: 1, C: [2]int{1, 0}, In: [2][]float32{{2}}, Stride: 1, Cout: 1, Weight: Weight{F32: w},
		Scale: []float32{3}, Bias: []float32{0.5}, Time: []float32{0.25}, TimeStride: 1, Residual: []float32{1}, Mul: 2, Out: make([]float32, 1)}
	PlainConv3x3(a)
	if want := float32((2*5*3 + 0.5 + 0.25 + 1) * 2); a.Out[0] != want {
		t.Errorf("got %g, want %g", a.Out[0], want)
	}
}

func TestConvSize(t *testing.T) {
	for _, c := range []struct {
		n, stride int
		pad       Pad
		want      int
	}{{7, 1, PadSame, 7}, {1, 2, PadSame, 1}, {7, 2, PadSame, 4}, {8, 2, PadSame, 4}, {2, 2, PadRightBottom, 1}, {7, 2, PadRightBottom, 3}, {8, 2, PadRightBottom, 4}} {
		if got := ConvSize(c.n, c.stride, c.pad); got != c.want {
			t.Errorf("ConvSize(%d, %d, %d) = %d, want %d", c.n, c.stride, c.pad, got, c.want)
		}
	}
}
