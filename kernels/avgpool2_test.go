package kernels

import "testing"

// The mean of act(norm(x)), on odd sizes whose last row and column fall away, against the formula written out.
func TestPlainAvgPool2(t *testing.T) {
	s := source(6)
	for _, hw := range [][2]int{{2, 2}, {3, 2}, {2, 5}, {5, 7}, {8, 8}} {
		for _, c := range []int{1, 3, 17} {
			a := &PoolArgs{N: 2, H: hw[0], W: hw[1], C: c, In: s.floats(2*hw[0]*hw[1]*c, 1), Norm: s.maybe(2 * 3 * c), SiLU: s.coin()}
			n := 2 * (a.H / 2) * (a.W / 2) * c
			room := guarded(n)
			a.Out = room[guardWidth:]
			PlainAvgPool2(a)
			near(t, unguarded(t, room, n), pooled(a), sumsAbs, sumsRel)
		}
	}
}

func pooled(a *PoolArgs) []float32 {
	at := func(n, y, x, c int) float64 {
		v := float64(a.In[((n*a.H+y)*a.W+x)*a.C+c])
		if a.Norm != nil {
			m := a.Norm[n*3*a.C:]
			v = (v-float64(m[c]))*float64(m[a.C+c]) + float64(m[2*a.C+c])
		}
		if a.SiLU {
			v = float64(SiLU(float32(v)))
		}
		return v
	}
	var out []float32
	for n := range a.N {
		for y := 0; y+1 < a.H; y += 2 {
			for x := 0; x+1 < a.W; x += 2 {
				for c := range a.C {
					out = append(out, float32((at(n, y, x, c)+at(n, y, x+1, c)+at(n, y+1, x, c)+at(n, y+1, x+1, c))/4))
				}
			}
		}
	}
	return out
}
