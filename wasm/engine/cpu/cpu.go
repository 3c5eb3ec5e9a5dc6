// Package cpu runs plans in Go: on SIMD where the machine and the build have it, else in plain Go. The same code runs
// natively and in WebAssembly.
package cpu

import (
	"context"
	"runtime"

	"unnoise/kernels"
	"unnoise/wasm/engine"
)

// Options choose how the engine computes.
type Options struct {
	// Threads is the number of threads; 0 means one per processor (one in WebAssembly).
	Threads int
	// Plain uses the kernels' definitions, which are slow and the yardstick of everything else.
	Plain bool
	// Lean keeps no weights: each operation's are fetched from the source when it runs. For networks that are run a few times and
	// may be larger than memory.
	Lean bool
}

// Engine implements engine.Engine.
type Engine struct {
	plain  bool
	lean   bool
	runner *kernels.Runner
}

// New makes an engine; it cannot fail.
func New(o Options) *Engine {
	threads := o.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &Engine{plain: o.Plain, lean: o.Lean, runner: kernels.NewRunner(threads)}
}

// Info implements engine.Engine.
func (e *Engine) Info() engine.Info {
	adapter := kernels.FastName()
	if e.plain {
		adapter = "go definitions"
	}
	return engine.Info{Engine: "cpu", Adapter: adapter + " " + runtime.GOARCH, Precision: engine.Exact}
}

// tensor is NHWC.
type tensor struct {
	shape engine.Shape
	data  []float32
}

func (t *tensor) Shape() engine.Shape { return t.shape }

func (t *tensor) Write(values []float32) error {
	if err := t.check(len(values)); err != nil {
		return err
	}
	t.shape.ToNHWC(t.data, values)
	return nil
}

func (t *tensor) Fetch(values []float32) (engine.Fetch, error) {
	if err := t.check(len(values)); err != nil {
		return nil, err
	}
	t.shape.ToNCHW(values, t.data)
	return engine.Here{}, nil
}

func (t *tensor) Read(ctx context.Context, values []float32) error {
	f, err := t.Fetch(values)
	return engine.Await(ctx, f, err)
}

func (t *tensor) check(n int) error {
	if t.data == nil {
		return engine.ErrUnknownTensor
	}
	return t.shape.CheckLen(n)
}

func (t *tensor) Release() { t.data = nil }

// NewTensor implements engine.Engine; the content is zero.
func (e *Engine) NewTensor(s engine.Shape) (engine.Tensor, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	return &tensor{s, make([]float32, s.Len())}, nil
}

// Combine implements engine.Engine.
func (e *Engine) Combine(dst engine.Tensor, constant, clip float32, terms ...engine.Term) error {
	out, err := own(dst)
	if err != nil {
		return err
	}
	list := make([]kernels.CombineTerm, 0, 8) // enough for every sampler, and no work for the collector
	for _, term := range terms {
		in, err := own(term.T)
		if err != nil {
			return err
		}
		if err := engine.CheckTerm(out.shape, term); err != nil {
			return err
		}
		list = append(list, kernels.CombineTerm{Coef: term.Coef, In: in.data, C: in.shape.C, Skip: term.Channel})
	}
	e.combine(out.data, out.shape.C, constant, clip, list)
	return nil
}

func (e *Engine) combine(out []float32, c int, constant, clip float32, terms []kernels.CombineTerm) {
	if e.plain {
		kernels.PlainCombine(out, c, constant, clip, terms)
		return
	}
	e.runner.Combine(out, c, constant, clip, terms)
}

// Modulate implements engine.Engine.
func (e *Engine) Modulate(dst, src engine.Tensor, by engine.Factor) error {
	out, err := own(dst)
	if err != nil {
		return err
	}
	in, err := own(src)
	if err != nil {
		return err
	}
	f, err := own(by.T)
	if err != nil {
		return err
	}
	if err := engine.CheckFactor(out.shape, in.shape, by); err != nil {
		return err
	}
	kernels.PlainModulate(out.data, in.data, out.shape.C, kernels.Factor{Add: by.Add, Mul: by.Mul, Exp: by.Exp, In: f.data, C: f.shape.C, Skip: by.Channel})
	return nil
}

// Threshold implements engine.Engine.
func (e *Engine) Threshold(ctx context.Context, t engine.Tensor, quantile, top float64) error {
	x, err := own(t)
	if err != nil {
		return err
	}
	size := len(x.data) / x.shape.N
	for at := 0; at < len(x.data); at += size {
		kernels.PlainThreshold(x.data[at:][:size], quantile, top)
	}
	return ctx.Err()
}

// Pixels implements engine.Engine.
func (e *Engine) Pixels(t engine.Tensor, rgba []byte) (engine.Fetch, error) {
	in, err := own(t)
	if err != nil {
		return nil, err
	}
	if err := in.shape.CheckPixels(len(rgba)); err != nil {
		return nil, err
	}
	kernels.PlainPixels(rgba, in.data, in.shape.C)
	return engine.Here{}, nil
}

// Sync implements engine.Engine: nothing is ever under way.
func (e *Engine) Sync(ctx context.Context) error { return ctx.Err() }

// Close implements engine.Engine.
func (e *Engine) Close() {}

func own(t engine.Tensor) (*tensor, error) {
	c, ok := t.(*tensor)
	if !ok || c.data == nil {
		return nil, engine.ErrUnknownTensor
	}
	return c, nil
}
