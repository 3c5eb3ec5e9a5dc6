package enginetest

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/goldens"
	"unnoise/weights"
)

// Looks checks what an engine tells of a network's inside: every operation's output is that of the plain loops, the last one's
// is the network's own, and looking changes nothing. bound is the largest difference allowed, relative to the largest value where
// that exceeds 1. Times are there for every operation, or for none where the machine cannot tell. networks are some of goldens/unet.
func Looks(t *testing.T, e engine.Engine, bound float64, networks ...string) {
	for _, name := range networks {
		m := Pack(t, filepath.Join(goldens.Dir(t), "unet", name), weights.F16)
		d, plain := Denoiser(t, e, m), Denoiser(t, cpu.New(cpu.Options{Plain: true}), m)
		x := make([]float32, d.InShape(1).Len())
		for i := range x {
			x[i] = float32(i%13)/6 - 1
		}
		var labels []int
		if m.Net.Classes > 0 {
			labels = []int{1}
		}
		want := Denoise(t, d, x, []float64{300}, labels)
		var last []float32
		for op := range m.Plan.Ops {
			got, reference := activations(t, d, op, x, labels), activations(t, plain, op, x, labels)
			largest := 1.0
			for _, v := range reference {
				largest = max(largest, float64(v), float64(-v))
			}
			if _, err := goldens.Compare(got, reference, goldens.Tolerance{Abs: bound * largest}); err != nil {
				t.Errorf("%s, operation %d (%s): %v", name, op, m.Plan.Ops[op].Layer, err)
			}
			last = got
		}
		if !slices.Equal(last, want) {
			t.Errorf("%s: the last operation does not write what the network gives", name)
		}
		times(t, d, x, labels)
		if !slices.Equal(Denoise(t, d, x, []float64{300}, labels), want) {
			t.Errorf("%s: computes something else after it was looked at", name)
		}
		for _, op := range []int{-1, len(m.Plan.Ops)} {
			if _, err := d.Activations(context.Background(), op, x, 300, labels); err == nil {
				t.Errorf("%s: operation %d was found", name, op)
			}
		}
	}
}

func activations(t *testing.T, d *engine.Denoiser, op int, x []float32, labels []int) []float32 {
	t.Helper()
	v, err := d.Activations(context.Background(), op, x, 300, labels)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func times(t *testing.T, d *engine.Denoiser, x []float32, labels []int) {
	t.Helper()
	list, err := d.Times(context.Background(), x, 300, labels)
	if err != nil {
		t.Fatal(err)
	}
	if list == nil && d.Engine.Info().Engine == "webgpu" {
		t.Log("this browser's GPU tells no times")
		return
	}
	var sum int64
	for _, d := range list {
		if d < 0 {
			t.Errorf("an operation took %v", d)
		}
		sum += int64(d)
	}
	if len(list) == 0 || sum == 0 {
		t.Errorf("%d operations took %d ns", len(list), sum)
	}
	t.Logf("%d operations, %.2f ms", len(list), float64(sum)/1e6)
}
