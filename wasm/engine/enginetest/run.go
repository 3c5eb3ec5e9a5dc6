// Package enginetest holds the tests that every engine must pass: the same bodies, the same reference values, the same
// bounds for plain Go, SIMD and WebGPU.
package enginetest

import (
	"context"
	"errors"
	"slices"
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
	program := loaded(t, e, p, src)
	defer program.Release()
	r, release := newRun(t, e, p, inputs)
	defer release()
	if err := program.Run(context.Background(), r.Outputs, r.Inputs); err != nil {
		t.Fatal(err)
	}
	return output(t, r)
}

// RunPair computes two runs of a plan by the engine's own way of pairing them.
func RunPair(t testing.TB, e engine.Engine, p *unet.Plan, src engine.Source, a, b []Input) (first, second []float32) {
	t.Helper()
	program := loaded(t, e, p, src)
	defer program.Release()
	one, release := newRun(t, e, p, a)
	defer release()
	two, release := newRun(t, e, p, b)
	defer release()
	if err := program.(engine.Pairing).RunPair(context.Background(), one, two); err != nil {
		t.Fatal(err)
	}
	return output(t, one), output(t, two)
}

func loaded(t testing.TB, e engine.Engine, p *unet.Plan, src engine.Source) engine.Program {
	t.Helper()
	program, err := e.Load(context.Background(), p, src)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// newRun has the inputs on the engine, and room for the plan's only output.
func newRun(t testing.TB, e engine.Engine, p *unet.Plan, inputs []Input) (r engine.Run, release func()) {
	t.Helper()
	tensor := func(s engine.Shape) engine.Tensor {
		x, err := e.NewTensor(s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, input := range inputs {
		x := tensor(input.Shape)
		if err := x.Write(input.Values); err != nil {
			t.Fatal(err)
		}
		r.Inputs = append(r.Inputs, x)
	}
	o := p.Tensors[p.Outputs[0]]
	r.Outputs = []engine.Tensor{tensor(engine.Shape{N: inputs[0].Shape.N, C: o.C, H: o.H, W: o.W})}
	return r, func() {
		for _, x := range slices.Concat(r.Inputs, r.Outputs) {
			x.Release()
		}
	}
}

// output reads a run's only output.
func output(t testing.TB, r engine.Run) []float32 {
	t.Helper()
	values := make([]float32, r.Outputs[0].Shape().Len())
	if err := r.Outputs[0].Read(context.Background(), values); err != nil {
		t.Fatal(err)
	}
	return values
}

// reshaped gives a matrix [I,O] the shape of a 1x1 convolution.
func reshaped(t weights.Tensor, in, out int) weights.Tensor {
	t.Shape = []int{1, 1, in, out}
	return t
}
