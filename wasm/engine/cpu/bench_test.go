package cpu_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"unnoise/wasm/model"
)

// BenchmarkStep times one run of the shipped networks, or of PACK, and reports the fastest in milliseconds and its GFLOP/s (two a
// multiplication).
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"digits", "nouns", os.Getenv("PACK")} {
		for _, threads := range []int{1, 2} {
			for _, batch := range []int{1, 16} {
				if name != "" {
					b.Run(fmt.Sprintf("%s/%dthreads/batch%d", filepath.Base(name), threads, batch), func(b *testing.B) { step(b, name, threads, batch) })
				}
			}
		}
	}
}

func step(b *testing.B, name string, threads, batch int) {
	d, out, x := opened(b, name, threads, batch)
	ts, least := make([]float64, batch), time.Hour
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if err := d.Denoise(context.Background(), out, x, ts, nil); err != nil {
			b.Fatal(err)
		}
		least = min(least, time.Since(start))
	}
	b.ReportMetric(1000*least.Seconds(), "ms-least")
	b.ReportMetric(2*float64(shipped(b, name).Plan.MACs()*int64(batch))/least.Seconds()/1e9, "GFLOP/s")
}

// shipped is a model of the tree, or a file.
func shipped(t testing.TB, name string) *model.Model {
	if !filepath.IsAbs(name) {
		name = "../../../weights/models/" + name + ".safetensors"
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.OpenBytes(data, name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
