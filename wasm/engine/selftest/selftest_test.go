package selftest

import (
	"context"
	"math"
	"testing"

	"unnoise/wasm/engine/cpu"
)

func TestFastPasses(t *testing.T) {
	for _, r := range SelfTest(context.Background(), cpu.New(cpu.Options{}), cpu.New(cpu.Options{Plain: true})) {
		if !r.OK {
			t.Errorf("%s: off by %g (%v)", r.Name, r.Error, r.Err)
		}
	}
}

// The judge must see a fault in a single value.
func TestJudgeSeesFaults(t *testing.T) {
	want := data(10, 1)
	for name, fault := range map[string]func(v []float32) []float32{
		"perturbed": func(v []float32) []float32 { v[3] += 1e-3; return v },
		"nan":       func(v []float32) []float32 { v[3] = float32(math.NaN()); return v },
		"zero":      func(v []float32) []float32 { clear(v); return v },
		"truncated": func(v []float32) []float32 { return v[:9] },
	} {
		if r := judge(name, fault(data(10, 1)), want, bound, nil); r.OK {
			t.Errorf("%s passes", name)
		}
	}
	if r := judge("equal", data(10, 1), want, bound, nil); !r.OK {
		t.Error("equal values fail")
	}
	if r := judge("failed", want, want, bound, context.Canceled); r.OK {
		t.Error("an operation that failed passes")
	}
}
