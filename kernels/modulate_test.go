package kernels

import (
	"math"
	"testing"
)

func TestPlainModulate(t *testing.T) {
	x, wide := []float32{1, 2, 3, 4}, []float32{9, 0.5, -1, 9, 0, 2} // two channels; channels 1 and 2 of three
	room := guarded(4)
	PlainModulate(room[guardWidth:][:4], x, 2, Factor{Add: 1, Mul: -2, In: wide, C: 3, Skip: 1})
	near(t, unguarded(t, room, 4), []float32{0, 6, 3, -12}, 0, 0)

	PlainModulate(x, x, 2, Factor{Add: 0.5, Mul: 0.25, Exp: true, In: []float32{2, -2}, C: 1}) // in place, one factor a pixel
	e := float32(math.E)
	near(t, x, []float32{e, 2 * e, 3, 4}, 1e-6, 0)
}
