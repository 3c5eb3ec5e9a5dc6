package cpu_test

import (
	"context"
	"os"
	"runtime"
	"testing"

	"unnoise/wasm/unet"
)

// BenchmarkMemory reports what the heap holds of a loaded network that has run, and what its float16 weights and the plan's buffers add up
// to, in MB. The network is nouns, or PACK.
func BenchmarkMemory(b *testing.B) {
	name := "nouns"
	if own := os.Getenv("PACK"); own != "" {
		name = own
	}
	for _, batch := range []int{1, 16} {
		b.Run(map[int]string{1: "batch1", 16: "batch16"}[batch], func(b *testing.B) {
			if batch > 1 && testing.Short() {
				return
			}
			before := held()
			plan := shipped(b, name).Plan
			d, out, x := opened(b, name, 1, batch)
			ts := make([]float64, batch)
			for b.Loop() {
				if err := d.Denoise(context.Background(), out, x, ts, nil); err != nil {
					b.Fatal(err)
				}
			}
			weights, buffers := due(plan, batch)
			b.ReportMetric((held()-before)/1e6, "MB-held")
			b.ReportMetric(weights/1e6, "MB-weights")
			b.ReportMetric(buffers/1e6, "MB-buffers")
			runtime.KeepAlive(d)
		})
	}
}

// held is the bytes of the heap that are in use.
func held() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// due is what weights and buffers add up to: 2 bytes a matrix's element and 4 a vector's, and the plan's slots.
func due(plan *unet.Plan, batch int) (weights, buffers float64) {
	for _, w := range plan.Weights {
		n := 4.0
		if w.Matrix {
			n = 2
		}
		for _, side := range w.Shape {
			n *= float64(side)
		}
		weights += n
	}
	for _, size := range plan.Slots {
		buffers += 4 * float64(size*batch)
	}
	return weights, buffers
}
