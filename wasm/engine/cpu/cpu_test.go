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
	m := map[string]engine.Engine{"plain": cpu.New(cpu.Options{Plain: true}), "fast": cpu.New(cpu.Options{})}
	if runtime.GOARCH != "wasm" { // which has one thread anyway
		m["one thread"] = cpu.New(cpu.Options{Threads: 1})
	}
	return m
}

func each(t *testing.T, forms map[string]engine.Engine, test func(*testing.T, engine.Engine)) {
	for name, e := range forms {
		t.Run(name, func(t *testing.T) {
			t.Log(e.Info().Adapter)
			test(t, e)
		})
	}
}

func TestLayers(t *testing.T) { each(t, engines(), enginetest.Layers) }

// cpuBound: the references' README asks 3e-5 of float32 arithmetic; PyTorch's own is within 1.4e-5.
const cpuBound = 3e-5

func TestNetworks(t *testing.T) {
	each(t, engines(), func(t *testing.T, e engine.Engine) { enginetest.Networks(t, e, cpuBound) })
}

// A chain adds nothing that depends on the number of threads: two forms do.
func TestChains(t *testing.T) {
	all := engines()
	delete(all, "one thread")
	each(t, all, enginetest.Chains)
}
