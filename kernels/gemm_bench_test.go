package kernels

import (
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
