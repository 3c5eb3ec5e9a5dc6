// Package enginetest holds the tests that every engine must pass: the same bodies, the same reference values, the same
// bounds for plain Go, SIMD and WebGPU.
package enginetest

import (
	"context"
	"errors"
	"testing"

	"unnoise/wasm/engine"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// Weights is a Source in memory.
type Weights map[string]weights.Tensor

// Tensor implements engine.Source.
func (w Weights) Tensor(name string) (weights.Tensor, error) {
	t, ok := w[name]
	if !ok {
		return t, errors.New("weight " + name + " is missing")
	}
	return t, nil
}

// Has says whether the tensor is there.
func (w Weights) Has(name string) bool { _, ok := w[name]; return ok }

// Add stores a float32 tensor.
func (w Weights) Add(name string, shape []int, values []float32) {
	w[name] = weights.FromFloat32s(name, shape, values)
}

// Input is a tensor's content in NCHW order.
type Input struct {
	Shape  engine.Shape
	Values []float32
}

// Run computes a plan once on an engine and gives its only output in NCHW order.
func Run(t testing.TB, e engine.Engine, p *unet.Plan, src engine.Source, inputs ...Input) []float32 {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	program, err := e.Load(ctx, p, src)
	must(err)
	defer program.Release()
	var in []engine.Tensor
	for _, input := range inputs {
		x, err := e.NewTensor(input.Shape)
		must(err)
		defer x.Release()
		must(x.Write(input.Values))
		in = append(in, x)
	}
	o := p.Tensors[p.Outputs[0]]
	out, err := e.NewTensor(engine.Shape{N: inputs[0].Shape.N, C: o.C, H: o.H, W: o.W})
	must(err)
	defer out.Release()
	must(program.Run(ctx, []engine.Tensor{out}, in))
	values := make([]float32, out.Shape().Len())
	must(out.Read(ctx, values))
	return values
}

// reshaped gives a matrix [I,O] the shape of a 1x1 convolution.
func reshaped(t weights.Tensor, in, out int) weights.Tensor {
	t.Shape = []int{1, 1, in, out}
	return t
}
