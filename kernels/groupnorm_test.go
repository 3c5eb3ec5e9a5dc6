package kernels

import (
	"fmt"
	"testing"
)

// normCase draws a norm over c channels in the given number of groups; mean shifts the input.
func normCase(s *source, c, groups int, mean float32) *GroupNormArgs {
	hw := mapSizes[s.below(len(mapSizes))]
	a := &GroupNormArgs{N: 1 + s.below(3), H: hw[0], W: hw[1], C: [2]int{c, 0}, Groups: groups, Eps: 1e-5, Gain: s.floats(c, 1), Bias: s.floats(c, 1)}
	if c > 1 && s.coin() {
		first := 1 + s.below(c-1)
		a.C = [2]int{first, c - first}
	}
	for i := range a.In {
		if a.C[i] > 0 {
			a.In[i] = s.floats(a.N*a.H*a.W*a.C[i], 1)
		}
		for j := range a.In[i] {
			a.In[i][j] += mean
		}
	}
	a.FilmStride = 2*c + s.below(5)
	a.Film = s.maybe(a.N * a.FilmStride)
	return a
}

// normalised is what the folded norm makes of every value of the input, in float64.
func (a *GroupNormArgs) normalised(out []float32) []float32 {
	c := a.C[0] + a.C[1]
	join := ConvArgs{In: a.In, C: a.C}
	y := make([]float32, a.N*a.H*a.W*c)
	for i := range y {
		m := out[3*(i/(a.H*a.W*c))*c+i%c:]
		y[i] = float32((float64(join.raw(i/c, i%c))-float64(m[0]))*float64(m[c]) + float64(m[2*c]))
	}
	return y
}

// The two differ in the order of the sums, which are float32 for a row of the fast norm and float64 in the definition. Both
// fold to float32. Single pixels with one channel a group have no spread: scale is up to 2*1/sqrt(eps) = 600, and an error
// of the shift of 6e-8 of the mean would be 600 times as large; that is why fold mends it, and why means of 1000 are here.
func TestGroupNorm(t *testing.T) {
	s := source(4)
	for _, c := range []int{1, 3, 8, 15, 16, 17, 24, 32, 36, 65} {
		for groups := 1; groups <= c; groups++ {
			if c%groups != 0 {
				continue
			}
			for _, mean := range []float32{0, 3, 1000} {
				a := normCase(&s, c, groups, mean)
				t.Run(fmt.Sprintf("%dx%dx%d C %v groups %d mean %g film %v", a.N, a.H, a.W, a.C, groups, mean, a.Film != nil), func(t *testing.T) { testGroupNorm(t, a) })
			}
		}
	}
}

func testGroupNorm(t *testing.T, a *GroupNormArgs) {
	n := a.N * 3 * (a.C[0] + a.C[1])
	room := guarded(n)
	a.Out = room[guardWidth:]
	PlainGroupNorm(a)
	want := a.normalised(unguarded(t, room, n))
	for _, r := range runners {
		room := guarded(n)
		a.Out = room[guardWidth:]
		r.poison()
		r.GroupNorm(a)
		near(t, a.normalised(unguarded(t, room, n)), want, 1e-5, 1e-5)
	}
}

// The definition by hand: values 1 and 3 have mean 2 and variance 1, so with eps 3 the scale is half the gain.
func TestPlainGroupNormByHand(t *testing.T) {
	a := &GroupNormArgs{N: 1, H: 1, W: 2, In: [2][]float32{{1, 3}}, C: [2]int{1, 0}, Groups: 1, Eps: 3, Gain: []float32{4}, Bias: []float32{5},
		Film: []float32{1, 7}, FilmStride: 2, Out: make([]float32, 3)}
	PlainGroupNorm(a)
	near(t, a.Out, []float32{2, 4 * 0.5 * 2, 5*2 + 7}, 0, 0)
}
