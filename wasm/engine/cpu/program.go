package cpu

import (
	"context"
	"time"

	"unnoise/kernels"
	"unnoise/wasm/engine"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// program is a loaded plan: weights cut into panels, buffers for the batch.
type program struct {
	e       *Engine
	plan    *unet.Plan
	weights map[string]matrix
	vectors map[string][]float32
	batch   int
	slots   [][]float32
	data    [][]float32 // of every tensor of the plan, during Run
	ops     []operation // those of the plan
	fetch   *fetcher    // of a lean engine
	team    Team        // that shares runs of one sample; nil for none
	pack    []float32   // of a team: a part of an output
}

// matrix is a weight as the kernels want it: its definition for the plain engine, panels for the fast one.
type matrix struct {
	weight kernels.Weight
	scale  []float32
	panels *kernels.Panels
}

// Load implements engine.Engine.
func (e *Engine) Load(ctx context.Context, plan *unet.Plan, src engine.Source) (engine.Program, error) {
	p := &program{e: e, plan: plan, weights: map[string]matrix{}, vectors: map[string][]float32{}}
	p.ops = operations(plan)
	if e.lean {
		p.fetch = newFetcher(plan, src)
		return p, nil
	}
	for _, w := range plan.Weights {
		if err := p.load(src, w); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	for i := range p.ops {
		p.equip(&p.ops[i])
	}
	return p, nil
}

func (p *program) load(src engine.Source, w unet.WeightSpec) (err error) {
	if !w.Matrix {
		p.vectors[w.Name], err = engine.FetchVector(src, w)
		return err
	}
	m, err := readMatrix(src, w)
	if err != nil {
		return err
	}
	if !p.e.plain {
		cout := w.Shape[len(w.Shape)-1]
		m.panels = kernels.PackPanels(m.weight, max(len(m.weight.F16), len(m.weight.F32))/cout, cout)
		m.weight = kernels.Weight{}
	}
	p.weights[w.Name] = m
	return nil
}

func readMatrix(src engine.Source, w unet.WeightSpec) (m matrix, err error) {
	if f, ok := src.(engine.FloatSource); ok {
		m.weight.F32, err = f.Values(w.Name)
		return m, err
	}
	t, scale, err := engine.FetchMatrix(src, w)
	if err != nil {
		return m, err
	}
	m.scale = scale
	if t.DType == weights.F16 {
		m.weight.F16 = t.Halves()
		return m, nil
	}
	m.weight.F32, err = t.Float32s()
	return m, err
}

// Release implements engine.Program.
func (p *program) Release() { *p = program{} }

// Run implements engine.Program.
func (p *program) Run(ctx context.Context, outputs, inputs []engine.Tensor) error {
	return p.run(ctx, outputs, inputs, len(p.plan.Ops), func(int) {})
}

// Output implements engine.Program.
func (p *program) Output(ctx context.Context, op int, outputs, inputs []engine.Tensor) ([]float32, error) {
	if err := engine.CheckOutput(p.plan, op, inputs); err != nil {
		return nil, err
	}
	if err := p.run(ctx, outputs, inputs, op+1, func(int) {}); err != nil {
		return nil, err
	}
	return engine.Written(p.plan, op, p.data[p.plan.Ops[op].Out]), nil
}

// Times implements engine.Program.
func (p *program) Times(ctx context.Context, outputs, inputs []engine.Tensor) ([]time.Duration, error) {
	times := make([]time.Duration, len(p.plan.Ops))
	last := time.Now()
	err := p.run(ctx, outputs, inputs, len(times), func(i int) {
		now := time.Now()
		times[i], last = now.Sub(last), now
	})
	return times, err
}

// run does the first ops operations of the plan, and calls after with each one's index.
func (p *program) run(ctx context.Context, outputs, inputs []engine.Tensor, ops int, after func(op int)) error {
	batch, err := engine.CheckRun(p.plan, outputs, inputs)
	if err != nil {
		return err
	}
	p.reserve(batch)
	if err := p.bind(p.plan.Inputs, inputs); err != nil {
		return err
	}
	if err := p.bind(p.plan.Outputs, outputs); err != nil {
		return err
	}
	if done, err := p.shared(ctx, ops, after); done {
		return err
	}
	// Nobody shares the run, or some did and were lost: alone it ends with the same bits.
	return p.through(ctx, ops, kernels.Part{}, after)
}

// through does this worker's part of operations, with the others of a team.
func (p *program) through(ctx context.Context, ops int, part kernels.Part, after func(op int)) error {
	for i := range ops {
		if err := ctx.Err(); err != nil {
			return err
		}
		o := &p.ops[i]
		if p.fetch != nil {
			if err := p.fetch.begin(p, o.Op); err != nil {
				return err
			}
			p.equip(o)
		}
		o.part = kernels.Part{}
		if o.region != nil {
			o.part = part
		}
		o.run(p, o)
		if o.part.Of > 1 && !p.exchange(o, part) {
			return errApart
		}
		p.fetch.end(p, o)
		after(i)
	}
	return nil
}

// reserve makes the buffers of a batch.
func (p *program) reserve(batch int) {
	if p.batch == batch {
		return
	}
	p.batch = batch
	p.slots = make([][]float32, len(p.plan.Slots))
	for i, size := range p.plan.Slots {
		p.slots[i] = make([]float32, batch*size)
	}
	p.data = make([][]float32, len(p.plan.Tensors))
	for i, t := range p.plan.Tensors {
		if t.Slot >= 0 {
			p.data[i] = p.slots[t.Slot][:batch*t.Len()]
		}
	}
}

func (p *program) bind(ids []unet.TensorID, tensors []engine.Tensor) error {
	for i, id := range ids {
		t, err := own(tensors[i])
		if err != nil {
			return err
		}
		p.data[id] = t.data
	}
	return nil
}
