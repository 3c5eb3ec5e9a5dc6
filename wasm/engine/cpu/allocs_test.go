package cpu_test

import (
	"context"
	"testing"

	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
)

// A step allocates nothing on the heap once its buffers are made: no pause for the collector, and no growth of a page's memory.
func TestStepAllocatesNothing(t *testing.T) {
	for _, threads := range []int{1, 2} {
		d, out, x := opened(t, "digits", threads, 1)
		null, err := d.Engine.NewTensor(out.Shape())
		if err != nil {
			t.Fatal(err)
		}
		ts, label, terms := []float64{500}, []int{3}, []engine.Term{{Coef: 0.9, T: x}, {Coef: 0.1, T: out}}
		run := func() {
			if err := d.Denoise(context.Background(), out, x, ts, nil); err != nil {
				t.Fatal(err)
			}
			if err := d.DenoiseBoth(context.Background(), out, null, x, ts, label); err != nil {
				t.Fatal(err)
			}
			if err := d.Engine.Combine(x, 0, 1, terms...); err != nil {
				t.Fatal(err)
			}
		}
		if n := testing.AllocsPerRun(3, run); n != 0 {
			t.Errorf("%d threads: a step makes %g allocations", threads, n)
		}
	}
}

// opened is a shipped network with a tensor for its output and one for its input.
func opened(t testing.TB, name string, threads, batch int) (d *engine.Denoiser, out, x engine.Tensor) {
	return openedOn(t, cpu.New(cpu.Options{Threads: threads}), name, batch)
}

func openedOn(t testing.TB, e engine.Engine, name string, batch int) (d *engine.Denoiser, out, x engine.Tensor) {
	m := shipped(t, name)
	d, err := engine.NewDenoiser(context.Background(), e, m.Net, m.Plan, m)
	if err != nil {
		t.Fatal(err)
	}
	if x, err = e.NewTensor(d.InShape(batch)); err != nil {
		t.Fatal(err)
	}
	if out, err = e.NewTensor(d.OutShape(batch)); err != nil {
		t.Fatal(err)
	}
	return d, out, x
}
