package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"

	"unnoise/wasm/model"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// peak is a writer that watches the heap.
type peak struct{ bytes uint64 }

func (p *peak) Write(data []byte) (int, error) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	p.bytes = max(p.bytes, m.HeapInuse)
	return len(data), nil
}

// Reading and casting need at most 1.5 times the largest tensor and 100 MB, for a checkpoint of 455 MB and a pack of 228 MB.
func TestMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // as the converter has it
	m := models["ddpm-256"]
	c, err := m.open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	largest := 0
	for _, s := range m.specs() {
		largest = max(largest, 4*s.len())
	}
	runtime.GC()
	p := &peak{}
	k, err := c.Convert(context.Background(), p, weights.F16, model.Provenance{Object: jsontree.NewObject()})
	if err != nil {
		t.Fatal(err)
	}
	if k.Size() < 220e6 {
		t.Errorf("wrote %d bytes", k.Size())
	}
	if bound := uint64(largest*3/2 + 100e6); p.bytes > bound {
		t.Errorf("the heap grew to %d MB, allowed %d", p.bytes/1e6, bound/1e6)
	}
	t.Logf("heap %d MB at most, largest tensor %d MB", p.bytes/1e6, largest/1e6)
}
