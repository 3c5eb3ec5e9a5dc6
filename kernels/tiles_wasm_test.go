//go:build goexperiment.simd

package kernels

// extraTiles: the compiler's own 128-bit tile, which arm64 uses.
func extraTiles() []tile { return []tile{smallTile} }

// useOutside says for a tile whether the loops from outside go with it: the others take the compiler's, which arm64 uses.
func useOutside(name string) (restore func()) {
	chosen, a, b := outside, f2, f4
	if name != "wasm simd" {
		outside = loops{}
		f2, f4 = a.without(), b.without()
	}
	return func() { outside, f2, f4 = chosen, a, b }
}

func (f filtering) without() filtering {
	for _, t := range []*transform{&f.input, &f.weights, &f.output} {
		t.both, t.halves, t.store = nil, nil, nil
	}
	return f
}
