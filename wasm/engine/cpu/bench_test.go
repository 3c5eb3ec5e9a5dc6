package cpu_test

import (
	"context"
	"os"
	"strconv"
	"testing"

	"unnoise/wasm/model"
)

// BenchmarkStep times one run of the shipped networks at batch 1 and reports GFLOP/s (two a multiplication).
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"digits", "nouns"} {
		for _, threads := range []int{1, 2} {
			b.Run(name+"/"+strconv.Itoa(threads)+"threads", func(b *testing.B) { step(b, name, threads) })
		}
	}
}

func step(b *testing.B, name string, threads int) {
	d, out, x := opened(b, name, threads)
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Denoise(context.Background(), out, x, []float64{500}, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(2*float64(shipped(b, name).Plan.MACs())*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

// shipped is a model of the tree.
func shipped(t testing.TB, name string) *model.Model {
	data, err := os.ReadFile("../../../weights/models/" + name + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.OpenBytes(data, name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
