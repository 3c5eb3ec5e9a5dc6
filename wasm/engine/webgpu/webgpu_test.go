//go:build js && wasm

package webgpu

import (
	"context"
	"testing"

	"unnoise/wasm/engine/enginetest"
)

// open makes an engine; that there is no GPU is a failure, since these tests run where one is expected.
func open(t *testing.T) *Engine {
	t.Helper()
	e, err := New(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	t.Logf("%+v", e.Info())
	return e
}

func TestLayers(t *testing.T) { enginetest.Layers(t, open(t)) }

// networkBound: outputs have standard deviation 1, and a GPU may round exp, division and square root by a few units in the
// last place each; two dozen layers keep that below 1e-4.
const networkBound = 1e-4

func TestNetworks(t *testing.T) { enginetest.Networks(t, open(t), networkBound) }

func TestChains(t *testing.T) { enginetest.Chains(t, open(t)) }

func TestClosedChains(t *testing.T) { enginetest.ClosedChains(t, open(t), true) }

func TestLooks(t *testing.T) { enginetest.Looks(t, open(t), networkBound, "classes") }
