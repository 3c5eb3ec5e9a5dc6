//go:build js && wasm

package main

import (
	"context"
	"runtime"

	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/webgpu"
	"unnoise/wasm/unet"
)

// fragile is the CPU engine with a GPU's weakness: after so many calls the device is lost, and every call says so.
type fragile struct {
	engine.Engine
	left int // calls before the loss; negative: it is never lost
}

func newFragile(calls int) *fragile { return &fragile{cpu.New(cpu.Options{Threads: 1}), calls} }

// call counts a call and fails once the device is lost.
func (f *fragile) call() error {
	if f.left == 0 {
		return webgpu.ErrDeviceLost
	}
	f.left--
	return nil
}

// Info claims to be WebGPU, whose chains are kept.
func (f *fragile) Info() engine.Info {
	return engine.Info{Engine: "webgpu", Adapter: "fragile", Precision: engine.Exact}
}

func (f *fragile) NewTensor(s engine.Shape) (engine.Tensor, error) {
	if err := f.call(); err != nil {
		return nil, err
	}
	t, err := f.Engine.NewTensor(s)
	return &fragileTensor{t, f}, err
}

func (f *fragile) Load(ctx context.Context, plan *unet.Plan, src engine.Source) (engine.Program, error) {
	if err := f.call(); err != nil {
		return nil, err
	}
	p, err := f.Engine.Load(ctx, plan, src)
	return &fragileProgram{p, f}, err
}

func (f *fragile) Combine(dst engine.Tensor, constant, clip float32, terms ...engine.Term) error {
	if err := f.call(); err != nil {
		return err
	}
	inner := make([]engine.Term, len(terms))
	for i, t := range terms {
		inner[i] = engine.Term{Coef: t.Coef, T: f.own(t.T), Channel: t.Channel}
	}
	return f.Engine.Combine(f.own(dst), constant, clip, inner...)
}

func (f *fragile) Modulate(dst, src engine.Tensor, by engine.Factor) error {
	if err := f.call(); err != nil {
		return err
	}
	by.T = f.own(by.T)
	return f.Engine.Modulate(f.own(dst), f.own(src), by)
}

func (f *fragile) Threshold(ctx context.Context, t engine.Tensor, quantile, top float64) error {
	if err := f.call(); err != nil {
		return err
	}
	return f.Engine.Threshold(ctx, f.own(t), quantile, top)
}

func (f *fragile) Pixels(t engine.Tensor, rgba []byte) (engine.Fetch, error) {
	if err := f.call(); err != nil {
		return nil, err
	}
	fetch, err := f.Engine.Pixels(f.own(t), rgba)
	return &fragileFetch{fetch, f}, err
}

// own is the CPU's tensor; one of another engine is as foreign as it is to a GPU.
func (f *fragile) own(t engine.Tensor) engine.Tensor {
	if own, ok := t.(*fragileTensor); ok && own.of == f {
		return own.Tensor
	}
	return t
}

type fragileTensor struct {
	engine.Tensor
	of *fragile
}

func (t *fragileTensor) Write(values []float32) error {
	if err := t.of.call(); err != nil {
		return err
	}
	return t.Tensor.Write(values)
}

func (t *fragileTensor) Fetch(values []float32) (engine.Fetch, error) {
	if err := t.of.call(); err != nil {
		return nil, err
	}
	f, err := t.Tensor.Fetch(values)
	return &fragileFetch{f, t.of}, err
}

func (t *fragileTensor) Read(ctx context.Context, values []float32) error {
	f, err := t.Fetch(values)
	return engine.Await(ctx, f, err)
}

// fragileFetch arrives in a call of its own, later.
type fragileFetch struct {
	engine.Fetch
	of *fragile
}

func (f *fragileFetch) Wait(ctx context.Context) error {
	runtime.Gosched()
	if err := f.of.call(); err != nil {
		return err
	}
	return f.Fetch.Wait(ctx)
}

type fragileProgram struct {
	engine.Program
	of *fragile
}

func (p *fragileProgram) Run(ctx context.Context, outputs, inputs []engine.Tensor) error {
	if err := p.of.call(); err != nil {
		return err
	}
	inner := func(list []engine.Tensor) []engine.Tensor {
		out := make([]engine.Tensor, len(list))
		for i, t := range list {
			out[i] = p.of.own(t)
		}
		return out
	}
	return p.Program.Run(ctx, inner(outputs), inner(inputs))
}
