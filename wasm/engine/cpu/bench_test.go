package cpu_test

import (
	"context"
	"os"
	"testing"

	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/model"
)

// BenchmarkStep times one run of the shipped networks at batch 1 and reports GFLOP/s (two a multiplication).
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"digits", "nouns"} {
		for _, threads := range []int{1, 2} {
			b.Run(name+map[int]string{1: "/1thread", 2: "/2threads"}[threads], func(b *testing.B) { step(b, name, threads) })
		}
	}
}

func step(b *testing.B, name string, threads int) {
	data, err := os.ReadFile("../../../weights/models/" + name + ".safetensors")
	if err != nil {
		b.Fatal(err)
	}
	m, err := model.OpenBytes(data, name)
	if err != nil {
		b.Fatal(err)
	}
	e := cpu.New(cpu.Options{Threads: threads})
	d, err := engine.NewDenoiser(context.Background(), e, m.Net, m.Plan, m)
	if err != nil {
		b.Fatal(err)
	}
	x, _ := e.NewTensor(d.InShape(1))
	out, _ := e.NewTensor(d.OutShape(1))
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Denoise(context.Background(), out, x, []float64{500}, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(2*float64(m.Plan.MACs())*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
