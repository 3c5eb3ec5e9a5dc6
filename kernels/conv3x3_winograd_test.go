package kernels

import (
	"math"
	"testing"
)

// filteringAbs bounds F(4x4), whose sums pass through factors of up to 3.4 that cancel: twice what direct sums lose.
const filteringAbs = 4e-6

// Both filterings against the definition: sizes that are no multiples of a window's outputs, several samples, more windows and more
// channels than are done at a time, inputs that are joined, normalised and upsampled.
func TestFiltering(t *testing.T) {
	s := source(34)
	for _, c := range []struct {
		n, h, w, cin, cout int
		up                 bool
		want               *filtering
	}{
		{1, 8, 8, 8, 3, false, &f2}, {1, 17, 9, 33, 17, false, &f2}, {3, 9, 10, 8, 40, false, &f2}, {1, 35, 34, 9, 8, false, &f2}, {2, 5, 7, 12, 8, true, &f2},
		{1, 16, 16, 48, 33, false, &f4}, {2, 17, 13, 65, 8, false, &f4}, {3, 16, 15, 50, 17, false, &f4}, {1, 66, 65, 48, 8, false, &f4}, {2, 68, 16, 50, 41, false, &f4}, {2, 20, 6, 9, 70, false, &f2}, {1, 9, 6, 130, 32, true, &f4},
	} {
		a := &ConvArgs{N: c.n, H: c.h, W: c.w, C: [2]int{c.cin, 0}, Stride: 1, Cout: c.cout, Up: c.up, SiLU: s.coin(), Mul: 1}
		if s.coin() {
			a.C = [2]int{5, c.cin - 5}
			a.In[1] = s.floats(a.N*a.H*a.W*a.C[1], 1)
		}
		a.In[0] = s.floats(a.N*a.H*a.W*a.C[0], 1)
		a.surround(&s)
		a.Weight = s.weight(9*c.cin, c.cout, s.coin())
		h, w := a.outSize()
		room := guarded(a.N * h * w * a.Cout)
		a.Out = room[guardWidth:]
		PlainConv3x3(a)
		want := unguarded(t, room, a.N*h*w*a.Cout)
		onTiles(t, func(t *testing.T) {
			t.Log(a)
			if got := a.filtering(); got != c.want {
				t.Fatalf("computed by %+v", got)
			}
			p := PackPanels(a.Weight, 9*c.cin, c.cout)
			for _, r := range runners {
				room := guarded(len(want))
				a.Out = room[guardWidth:]
				r.poison()
				r.Conv3x3(a, p)
				near(t, unguarded(t, room, len(want)), want, filteringAbs, sumsRel)
			}
		})
	}
}

// Where transforms do not pay, sums are direct.
func TestFilteringDeclined(t *testing.T) {
	for name, a := range map[string]*ConvArgs{
		"few windows":  {N: 1, H: 2, W: 2, C: [2]int{64, 0}, Stride: 1, Cout: 64},
		"few channels": {N: 1, H: 32, W: 32, C: [2]int{3, 0}, Stride: 1, Cout: 64},
		"stride":       {N: 1, H: 32, W: 32, C: [2]int{64, 0}, Stride: 2, Cout: 64},
	} {
		if a.filtering() != nil {
			t.Errorf("%s: transformed", name)
		}
	}
}

var (
	scalarF2 = filtering{4, 2, transform{in: 4, out: 4, axis: f2InputScalar}, transform{in: 3, out: 4, axis: f2WeightsScalar}, transform{in: 4, out: 2, axis: f2OutputScalar}}
	scalarF4 = filtering{6, 4, transform{in: 6, out: 6, axis: f4InputScalar}, transform{in: 3, out: 6, axis: f4WeightsScalar}, transform{in: 6, out: 4, axis: f4OutputScalar}}
)

// The identity that makes filtering exact: A^T [(G g) * (B^T d)] is the correlation of d and g, in float64 to the last digits
// of float32, for vectors and for the ends of rows.
func TestTransforms(t *testing.T) {
	s := source(35)
	for _, f := range []struct {
		filtering
		name string
	}{
		{f2, "F(2)"}, {f4, "F(4)"}, {scalarF2, "F(2) scalar"}, {scalarF4, "F(4) scalar"},
	} {
		for _, n := range []int{1, 3, 4, 8, 13, 31} {
			step := n + 2
			d, g := s.floats(f.in*step, 1), s.floats(3*step, 1)
			// What stands between the values, and behind them, is not touched.
			td, tg, ty := guarded(f.in*step), guarded(f.in*step), guarded(f.out*step)
			f.input.axis(td[guardWidth:], step, d, step, n)
			f.weights.axis(tg[guardWidth:], step, g, step, n)
			m := make([]float32, f.in*step)
			for i := range m {
				m[i] = td[guardWidth+i] * tg[guardWidth+i]
			}
			f.output.axis(ty[guardWidth:], step, m, step, n)
			for i := range f.out * step {
				want := float64(float32(guardValue))
				if i%step < n {
					want = 0
					for k := range 3 {
						want += float64(d[i+k*step]) * float64(g[i%step+k*step])
					}
				}
				if got := float64(ty[guardWidth+i]); math.Abs(got-want) > 3e-6 {
					t.Fatalf("%s of %d: value %d is %g, want %g", f.name, n, i, got, want)
				}
			}
		}
	}
}
