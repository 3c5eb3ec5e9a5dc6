package kernels

import (
	"math"
	"slices"
	"testing"
)

func TestPlainCombine(t *testing.T) {
	x, wide := []float32{1, 2, 3, 4}, []float32{9, 10, 20, 9, 30, 40} // two channels; channels 1 and 2 of three
	room := guarded(4)
	PlainCombine(room[guardWidth:][:4], 2, 0.5, 0, []CombineTerm{{Coef: 2, In: x, C: 2}, {Coef: -1, In: wide, C: 3, Skip: 1}})
	near(t, unguarded(t, room, 4), []float32{-7.5, -15.5, -23.5, -31.5}, 0, 0)

	PlainCombine(x, 2, 0, 2.5, []CombineTerm{{Coef: -1, In: x, C: 2}}) // in place, clipped
	near(t, x, []float32{-1, -2, -2.5, -2.5}, 0, 0)
}

// The order of the sum is part of the definition: every engine is to give the same bits, so nothing may be fused.
func TestPlainCombineRoundsEveryStep(t *testing.T) {
	s := source(9)
	a, b := s.floats(1000, 1), s.floats(1000, 1)
	out := make([]float32, 1000)
	PlainCombine(out, 1, 0.125, 0, []CombineTerm{{Coef: 1.7, In: a, C: 1}, {Coef: -0.3, In: b, C: 1}})
	for i := range out {
		p, q := float32(float64(float32(1.7))*float64(a[i])), float32(float64(float32(-0.3))*float64(b[i]))
		want := float32(float64(float32(0.125+float64(p))) + float64(q))
		if out[i] != want {
			t.Fatalf("value %d is %v, want %v", i, out[i], want)
		}
	}
}

// A value that is not a number must not be clipped into a number.
func TestPlainCombineKeepsNaN(t *testing.T) {
	x := []float32{float32(math.NaN())}
	PlainCombine(x, 1, 0, 1, []CombineTerm{{Coef: 1, In: x, C: 1}})
	if x[0] == x[0] {
		t.Errorf("NaN became %g", x[0])
	}
}

// Combine's values have the bits of PlainCombine's, in place and with terms of other channels too.
func TestCombine(t *testing.T) {
	const pixels, c = 300, 3
	s := source(10)
	a, b, wide := s.floats(pixels*c, 1), s.floats(pixels*c, 1), s.floats(pixels*(c+2), 1)
	a[7] = float32(math.NaN())
	for name, terms := range map[string][]CombineTerm{
		"none":             nil,
		"one":              {{Coef: 0.3, In: a, C: c}},
		"its own last":     {{Coef: 1.7, In: a, C: c}, {Coef: -0.3, In: b, C: c}},
		"of wider pixels":  {{Coef: 1.7, In: a, C: c}, {Coef: -0.3, In: wide, C: c + 2, Skip: 2}},
		"its own and more": {{Coef: 1.1, In: b, C: c}, {Coef: 2.3, In: a, C: c}, {Coef: -0.7, In: b, C: c}},
	} {
		for _, clip := range []float32{0, 0.5} {
			want, room := make([]float32, len(b)), guarded(len(b))
			got := room[guardWidth:][:len(b)]
			copy(got, b)
			PlainCombine(want, c, 0.125, clip, terms)
			own := slices.Clone(terms)
			for i := range own {
				if &own[i].In[0] == &b[0] {
					own[i].In = got
				}
			}
			runners[0].Combine(got, c, 0.125, clip, own)
			for i, v := range unguarded(t, room, len(b)) {
				if math.Float32bits(v) != math.Float32bits(want[i]) && (v == v || want[i] == want[i]) {
					t.Fatalf("%s, clip %g: value %d is %v, want %v", name, clip, i, v, want[i])
				}
			}
		}
	}
}
