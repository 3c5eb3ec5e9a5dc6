package kernels

import (
	"fmt"
	"testing"
)

// mapSizes are input sizes: single pixels, rows and columns, narrower than a tile and not a multiple of one.
var mapSizes = [][2]int{{1, 1}, {1, 9}, {7, 1}, {2, 2}, {3, 5}, {5, 4}, {8, 8}, {4, 17}}

// convCase draws a convolution of cin channels to cout with everything that can surround it.
func convCase(s *source, cin, cout, size int) *ConvArgs {
	hw := mapSizes[s.below(len(mapSizes))]
	a := &ConvArgs{N: 1 + s.below(3), H: hw[0], W: hw[1], C: [2]int{cin, 0}, Stride: 1, Cout: cout, SiLU: s.coin(), Mul: 1}
	if cin > 1 && s.coin() {
		first := 1 + s.below(cin-1)
		a.C = [2]int{first, cin - first}
		a.In[1] = s.floats(a.N*a.H*a.W*a.C[1], 1)
	}
	a.In[0] = s.floats(a.N*a.H*a.W*a.C[0], 1)
	if size == 3 {
		a.walk(s)
	}
	a.surround(s)
	a.Weight = s.weight(size*size*cin, cout, s.coin())
	return a
}

// walk draws how a 3x3 convolution goes over its input.
func (a *ConvArgs) walk(s *source) {
	switch s.below(4) {
	case 1:
		a.Up = true
	case 2:
		a.Stride = 2
	case 3:
		a.Stride = 2
		if a.H > 1 && a.W > 1 { // nothing is left of a side of 1
			a.Pad = PadRightBottom
		}
	}
}

// surround draws what is done before and after the sums. Sample n's time values start at n*TimeStride and are followed by others'.
func (a *ConvArgs) surround(s *source) {
	if s.coin() {
		a.Norm = s.floats(a.N*3*a.Channels(), 1)
	}
	a.Scale, a.Bias = s.maybe(a.Cout), s.floats(a.Cout, 1)
	a.TimeStride = a.Cout + s.below(9)
	a.Time = s.maybe(a.N * a.TimeStride)
	h, w := a.outSize()
	a.Residual = s.maybe(a.N * h * w * a.Cout)
	if s.coin() {
		a.Mul = 0.70710678
	}
}

func (a *ConvArgs) outSize() (h, w int) {
	h, w = a.Grid()
	return ConvSize(h, a.Stride, a.Pad), ConvSize(w, a.Stride, a.Pad)
}

func (a *ConvArgs) String() string {
	return fmt.Sprintf("%dx%dx%d C %v to %d stride %d pad %d up %v norm %v silu %v scale %v time %v residual %v mul %g f16 %v", a.N, a.H, a.W, a.C, a.Cout,
		a.Stride, a.Pad, a.Up, a.Norm != nil, a.SiLU, a.Scale != nil, a.Time != nil, a.Residual != nil, a.Mul, a.Weight.F16 != nil)
}

// testConv holds a fast convolution to its definition for every pair of channel counts.
func testConv(t *testing.T, size int, plain func(*ConvArgs), fast func(*Runner, *ConvArgs, *Panels)) {
	s := source(size)
	var cases []*ConvArgs
	var wants [][]float32
	for _, cin := range channelSizes {
		for _, cout := range channelSizes {
			a := convCase(&s, cin, cout, size)
			h, w := a.outSize()
			room := guarded(a.N * h * w * cout)
			a.Out = room[guardWidth:]
			plain(a)
			cases, wants = append(cases, a), append(wants, unguarded(t, room, a.N*h*w*cout))
		}
	}
	onTiles(t, func(t *testing.T) {
		for i, a := range cases {
			panels := PackPanels(a.Weight, size*size*a.Channels(), a.Cout)
			for _, r := range runners {
				room := guarded(len(wants[i]))
				a.Out = room[guardWidth:]
				r.poison()
				fast(r, a, panels)
				t.Log(a)
				near(t, unguarded(t, room, len(wants[i])), wants[i], sumsAbs, sumsRel)
			}
		}
	})
}
