package kernels

import (
	"fmt"
	"testing"
)

// Pixels around a block of queries (64) and a panel of keys (32); head widths around vectors and panels.
func TestAttention(t *testing.T) {
	s := source(5)
	for _, p := range []int{1, 2, 3, 7, 16, 33, 49, 63, 64, 65, 130} {
		for _, width := range []int{1, 3, 7, 8, 16, 17, 33} {
			heads := 1 + s.below(3)
			a := &AttentionArgs{N: 1 + s.below(2), P: p, C: width * heads, Heads: heads}
			a.QKV = s.floats(a.N*p*3*a.C, 2)
			t.Run(fmt.Sprintf("%d pixels, %d heads of %d", p, heads, width), func(t *testing.T) { testAttention(t, a) })
		}
	}
}

// The mixture is an average of values of size 2. Logits reach 4*sqrt(33) = 23, known to 23*6e-8 = 1.4e-6, and the
// exponential carries that over as a relative error.
func testAttention(t *testing.T, a *AttentionArgs) {
	n := a.N * a.P * a.C
	want := guarded(n)
	a.Out = want[guardWidth:]
	PlainAttention(a)
	onTiles(t, func(t *testing.T) {
		for _, r := range runners {
			room := guarded(n)
			a.Out = room[guardWidth:]
			r.poison()
			r.Attention(a)
			near(t, unguarded(t, room, n), unguarded(t, want, n), 5e-6, 0)
		}
	})
}

// Logits of hundreds leave one key: the exponentials must not overflow.
func TestAttentionOneHot(t *testing.T) {
	const p, c = 20, 20
	a := &AttentionArgs{N: 1, P: p, C: c, Heads: 1, QKV: make([]float32, p*3*c), Out: make([]float32, p*c)}
	for i := range p {
		row := a.QKV[i*3*c:]
		row[(i+3)%p], row[c+i], row[2*c+i] = 100, 100, 1
	}
	runners[0].Attention(a)
	for i, v := range a.Out {
		want := float32(0)
		if i%c == (i/c+3)%p {
			want = 1
		}
		if v != want && !(want == 0 && v < 1e-37) {
			t.Fatalf("pixel %d, channel %d is %g, want %g", i/c, i%c, v, want)
		}
	}
}
