//go:build js && wasm

package webgpu

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/model"
)

// BenchmarkOps times the kinds of operations of a pack, by size, each kind's calls alone in one submit after the other; PACK is another
// model's file.
func BenchmarkOps(b *testing.B) {
	p := loaded(b, packAsked())
	l := p.lower(1)
	kinds := map[string][]call{}
	var order []string
	for _, c := range l.calls {
		kind := c.spec.shader
		if c.write.tensor != 0 {
			out := p.plan.Tensors[c.write.tensor]
			kind += fmt.Sprintf("/%dx%d", out.H, out.W)
		}
		if kinds[kind] == nil {
			order = append(order, kind)
		}
		kinds[kind] = append(kinds[kind], c)
	}
	for _, kind := range order {
		b.Run(kind, func(b *testing.B) { benchmarkCalls(b, p, kinds[kind]) })
	}
}

// packAsked is the file that PACK names, or that of digits.
func packAsked() string {
	if own := os.Getenv("PACK"); own != "" {
		return own
	}
	return "../../../weights/models/digits.safetensors"
}

// BenchmarkTiles times steps of a pack with the tiles that the rule gives and with those that are found quickest, on any adapter as on a
// GPU, that is with workgroup memory; PACK is another model's file.
func BenchmarkTiles(b *testing.B) {
	e, err := New(context.Background(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	if e.info.Software() {
		e.limits = hardware
	}
	e.limits.tune = time.Hour
	p := loadedOn(b, e, packAsked())
	for _, name := range []string{"rule", "tuned"} {
		if name == "tuned" {
			e.tunings = ParseTunings("", "")
			if err := p.Tune(context.Background(), 1); err != nil {
				b.Fatal(err)
			}
			b.Log(e.tunings)
		}
		r, err := p.record(context.Background(), 1)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) { benchmarkReplay(b, p, r) })
	}
}

func benchmarkCalls(b *testing.B, p *program, calls []call) {
	r, err := p.assemble(calls)
	if err != nil {
		b.Fatal(err)
	}
	defer r.uniforms.Destroy()
	benchmarkReplay(b, p, r)
}

func benchmarkReplay(b *testing.B, p *program, r *record) {
	// Browsers may report the end of work a tenth of a second late.
	const atOnce = 64
	replay := func(count int) {
		for range count {
			if err := p.e.dev.Replay(r.recording, nil, nil); err != nil {
				b.Fatal(err)
			}
		}
		wait(b, p.e.dev)
	}
	replay(1)
	b.ResetTimer()
	for done := 0; done < b.N; done += atOnce {
		replay(min(atOnce, b.N-done))
	}
	b.ReportMetric(2*float64(r.macs())*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func wait(b *testing.B, dev *webgpu.Device) {
	done, err := dev.Done()
	if err == nil {
		err = done.Wait(context.Background())
	}
	if err != nil {
		b.Fatal(err)
	}
}

// loaded is a model's program with room for one picture.
func loaded(b testing.TB, path string) *program {
	e, err := New(context.Background(), Options{Fast: os.Getenv("FAST") != ""})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(e.Close)
	return loadedOn(b, e, path)
}

func loadedOn(b testing.TB, e *Engine, path string) *program {
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	m, err := model.OpenBytes(data, path)
	if err != nil {
		b.Fatal(err)
	}
	loaded, err := e.Load(context.Background(), m.Plan, m)
	if err != nil {
		b.Fatal(err)
	}
	p := loaded.(*program)
	if _, err := p.record(context.Background(), 1); err != nil {
		b.Fatal(err)
	}
	return p
}
