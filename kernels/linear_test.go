package kernels

import "testing"

// linearCase draws a layer that fills a slice of a longer vector.
func linearCase(s *source, cin, cout int) *LinearArgs {
	a := &LinearArgs{N: 1 + s.below(10), Cin: cin, Cout: cout, SiLU: s.coin(), Weight: s.weight(cin, cout, s.coin()), Scale: s.maybe(cout), Bias: s.floats(cout, 1)}
	a.In, a.Residual, a.OutStride = s.floats(a.N*cin, 1), s.maybe(a.N*cout), cout+s.below(5)
	return a
}

func TestLinear(t *testing.T) {
	s := source(2)
	var cases []*LinearArgs
	var wants [][]float32
	for _, cin := range channelSizes {
		for _, cout := range channelSizes {
			a := linearCase(&s, cin, cout)
			a.Out = guarded(a.span())[guardWidth:]
			PlainLinear(a)
			cases, wants = append(cases, a), append(wants, a.Out[:a.span()])
		}
	}
	onTiles(t, func(t *testing.T) {
		for i, a := range cases {
			for _, r := range runners {
				room := guarded(a.span())
				a.Out = room[guardWidth:]
				r.poison()
				r.Linear(a, PackPanels(a.Weight, a.Cin, a.Cout))
				// Between the vectors' slices both hold guards, which must have stayed.
				near(t, unguarded(t, room, a.span()), wants[i], sumsAbs, sumsRel)
				a.checkGaps(t)
			}
		}
	})
}

// span is how far the output goes: N vectors less what follows the last slice.
func (a *LinearArgs) span() int { return (a.N-1)*a.OutStride + a.Cout }

func (a *LinearArgs) checkGaps(t *testing.T) {
	for i, v := range a.Out[:a.span()] {
		if i%a.OutStride >= a.Cout && v != guardValue {
			t.Fatalf("wrote %g between the slices of two vectors, at %d", v, i)
		}
	}
}
