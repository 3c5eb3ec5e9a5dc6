package kernels

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkTile times the micro-kernel in use on 64 pixels of 128 channels, which stay in the nearest cache; the fastest round counts.
func BenchmarkTile(b *testing.B) {
	const run, rounds = 128, 50
	s := source(40)
	in, panel := s.floats(maxOffs*run, 1), s.floats(run*best.nr, 1)
	offs, acc := make([]int, maxOffs), make([]float32, maxOffs*best.nr)
	for i := range offs {
		offs[i] = i * run
	}
	least := time.Hour
	for b.Loop() {
		start := time.Now()
		for range rounds {
			best.run(acc, in, offs, 0, 1, run, panel)
		}
		least = min(least, time.Since(start))
	}
	b.ReportMetric(2*float64(rounds*maxOffs*run*best.nr)/least.Seconds()/1e9, "GFLOP/s")
}

// BenchmarkAttention times 256 pixels of 256 channels with heads of 8, as the diffusers tutorial has them, of 64, and with one.
func BenchmarkAttention(b *testing.B) {
	const p, c = 256, 256
	for _, width := range []int{8, 64, 256} {
		b.Run(fmt.Sprintf("width%d", width), func(b *testing.B) {
			s := source(41)
			a := &AttentionArgs{N: 1, P: p, C: c, Heads: c / width, QKV: s.floats(p*3*c, 1), Out: make([]float32, p*c)}
			least := time.Hour
			for b.Loop() {
				start := time.Now()
				runners[0].Attention(a)
				least = min(least, time.Since(start))
			}
			b.ReportMetric(1000*least.Seconds(), "ms-least")
		})
	}
}
