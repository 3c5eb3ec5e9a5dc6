package kernels

import "testing"

func TestPlainConcat(t *testing.T) {
	s := source(8)
	for _, c := range [][2]int{{1, 1}, {3, 1}, {1, 3}, {16, 17}} {
		const pixels = 5
		a, b := s.floats(pixels*c[0], 1), s.floats(pixels*c[1], 1)
		n := pixels * (c[0] + c[1])
		room := guarded(n)
		PlainConcat(room[guardWidth:][:n], a, b, c[0], c[1])
		var want []float32
		for p := range pixels {
			want = append(append(want, a[p*c[0]:][:c[0]]...), b[p*c[1]:][:c[1]]...)
		}
		near(t, unguarded(t, room, n), want, 0, 0)
	}
}
