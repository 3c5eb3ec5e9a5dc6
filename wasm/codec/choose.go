package codec

import (
	"context"
	"math"
	"runtime"
	"sync"

	"unnoise/wasm/noise"
)

// choose picks the candidate that stands for a sample of N(delta, 1), of samples of N(0, 1): the Poisson functional representation (Li
// and El Gamal 2018) over the first n of them. The candidate's time is that of a Poisson process; the least time divided by its
// density ratio exp(delta z - delta^2/2) wins. With n of all candidates the sample is a little too likely under the prior.
func choose(ctx context.Context, delta []float32, t, part uint32, n int) (uint32, error) {
	workers := min(runtime.GOMAXPROCS(0), 16)
	best := make([]struct {
		score float64
		index uint32
	}, workers)
	times, values := arrivals(t, part, n), coarse()
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			b := &best[w]
			b.score = math.Inf(1)
			for k := w; k < n && (k&0xfff > workers || ctx.Err() == nil); k += workers {
				score := float64(times[k]) - float64(values.Dot(delta, 0, t, part, uint32(k)))
				if score < b.score {
					b.score, b.index = score, uint32(k)
				}
			}
		})
	}
	wait.Wait()
	first := best[0]
	for _, b := range best[1:] {
		if b.score < first.score || b.score == first.score && b.index < first.index {
			first = b
		}
	}
	return first.index, ctx.Err()
}

// arrivals are the logarithms of the first n times of a Poisson process; the sender's own affair.
func arrivals(t, part uint32, n int) []float32 {
	out := make([]float32, n)
	at := 0.0
	for k := range out {
		r := noise.Philox4x32([4]uint32{uint32(k / 4), uint32(noise.Coder)<<24 | 1<<23, t, part}, [2]uint32{})
		at -= math.Log((float64(r[k%4]) + 0.5) / (1 << 32))
		out[k] = float32(math.Log(at))
	}
	return out
}
