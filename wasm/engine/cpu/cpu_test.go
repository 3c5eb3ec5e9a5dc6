package cpu_test

import (
	"runtime"
	"testing"

	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
)

// engines are the CPU engine's forms. "fast" is SIMD where the build and the machine have it, on all threads.
func engines() map[string]engine.Engine {
	return map[string]engine.Engine{
		"plain": cpu.New(cpu.Options{Plain: true}), "fast": cpu.New(cpu.Options{}), "one thread": cpu.New(cpu.Options{Threads: 1}),
		"lean": cpu.New(cpu.Options{Lean: true}),
	}
}

// without leaves out forms that add nothing to a long test: the number of threads to a chain, and to anything in
// WebAssembly, which has one; the definitions in WebAssembly, where they take minutes and are the same Go.
func without(wasm string, everywhere ...string) map[string]engine.Engine {
	forms := engines()
	for _, name := range everywhere {
		delete(forms, name)
	}
	if runtime.GOARCH == "wasm" {
		delete(forms, "one thread")
		delete(forms, "lean")
		delete(forms, wasm)
	}
	return forms
}

func each(t *testing.T, forms map[string]engine.Engine, test func(*testing.T, engine.Engine)) {
	for name, e := range forms {
		t.Run(name, func(t *testing.T) {
			t.Log(e.Info().Adapter)
			test(t, e)
		})
	}
}

func TestLayers(t *testing.T) { each(t, without(""), enginetest.Layers) }

// cpuBound: the references' README asks 3e-5 of float32 arithmetic; PyTorch's own is within 1.4e-5.
const cpuBound = 3e-5

func TestNetworks(t *testing.T) {
	each(t, without("plain"), func(t *testing.T, e engine.Engine) { enginetest.Networks(t, e, cpuBound) })
}

func TestChains(t *testing.T) {
	each(t, without("plain", "one thread", "lean"), func(t *testing.T, e engine.Engine) { enginetest.Chains(t, e, false) })
}

func TestClosedChains(t *testing.T) {
	each(t, without("plain", "one thread", "lean"), func(t *testing.T, e engine.Engine) { enginetest.ClosedChains(t, e, false) })
}

func TestLooks(t *testing.T) {
	each(t, without("plain", "plain", "one thread"), func(t *testing.T, e engine.Engine) { enginetest.Looks(t, e, cpuBound, "classes", "film") })
}

func TestFetches(t *testing.T) { each(t, without(""), enginetest.Fetches) }
