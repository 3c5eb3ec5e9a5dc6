package kernels

import "testing"

func TestPlainUpsample(t *testing.T) {
	s := source(7)
	for _, hw := range mapSizes {
		for _, c := range []int{1, 3, 17} {
			a := &PoolArgs{N: 2, H: hw[0], W: hw[1], C: c, In: s.floats(2*hw[0]*hw[1]*c, 1)}
			n := 4 * len(a.In)
			room := guarded(n)
			a.Out = room[guardWidth:]
			PlainUpsample(a)
			want := make([]float32, 0, n)
			for row := range a.N * a.H {
				for range 2 {
					for x := range a.W {
						pixel := a.In[(row*a.W+x)*c:][:c]
						want = append(append(want, pixel...), pixel...)
					}
				}
			}
			near(t, unguarded(t, room, n), want, 0, 0)
		}
	}
}
