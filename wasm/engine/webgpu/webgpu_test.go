//go:build js && wasm

package webgpu

import (
	"context"
	"slices"
	"testing"

	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/engine/selftest"
	gpu "unnoise/wasm/internal/webgpu"
	"unnoise/weights"
)

// shared is the engine of all tests that do not break theirs: compiling its pipelines takes longer than most tests.
var shared *Engine

// open is an engine with its own limits. That there is no GPU is a failure, since these tests run where one is expected.
func open(t *testing.T) *Engine {
	t.Helper()
	if shared == nil || shared.check() != nil {
		shared = newEngine(t, Options{})
	}
	l := shared.limits
	t.Cleanup(func() { shared.limits = l })
	return shared
}

// openWith makes an engine for one test.
func openWith(t *testing.T, o Options) *Engine {
	t.Helper()
	e := newEngine(t, o)
	t.Cleanup(e.Close)
	return e
}

func newEngine(t *testing.T, o Options) *Engine {
	t.Helper()
	e, err := New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", e.Info())
	return e
}

func TestLayers(t *testing.T) { enginetest.Layers(t, open(t)) }

// networkBound: outputs have standard deviation 1, and a GPU may round exp, division and square root by a few units in the
// last place each; two dozen layers keep that below 1e-4.
const networkBound = 1e-4

func TestNetworks(t *testing.T) { enginetest.Networks(t, open(t), networkBound) }

// Where the adapter has float16, the fast way has a bound of its own and must differ from the exact one, or it is not there;
// elsewhere it is the exact one.
func TestFast(t *testing.T) {
	e := openWith(t, Options{Fast: true})
	info := e.Info()
	adapter, err := gpu.RequestAdapter(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if half := adapter.Has(gpu.Half); half != (info.Precision == engine.Fast) {
		t.Errorf("adapter with float16: %v, engine's precision: %s", half, info.Precision)
	}
	if info.Precision == engine.Fast {
		enginetest.Networks(t, e, info.Bound(networkBound), weights.F16)
		for _, r := range selftest.SelfTest(context.Background(), e, cpu.New(cpu.Options{Plain: true})) {
			if !r.OK {
				t.Errorf("%s: off by %g (%v)", r.Name, r.Error, r.Err)
			}
		}
	}
	plan := block()
	src, inputs := randomInputs(plan, weights.F16, 5)
	exact := enginetest.Run(t, open(t), plan, src, inputs...)
	fast := enginetest.Run(t, e, plan, src, inputs...)
	if same := slices.Equal(exact, fast); same == (info.Precision == engine.Fast) {
		t.Errorf("precision %s, the same numbers as the exact way: %v", info.Precision, same)
	}
}

func TestChains(t *testing.T) { enginetest.Chains(t, open(t), true) }

func TestClosedChains(t *testing.T) { enginetest.ClosedChains(t, open(t), true) }

func TestLooks(t *testing.T) { enginetest.Looks(t, open(t), networkBound, "classes") }

func TestFetches(t *testing.T) { enginetest.Fetches(t, open(t)) }
