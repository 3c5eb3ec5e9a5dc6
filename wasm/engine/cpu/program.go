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
	room    int // the batch that slots have room for
	slots   [][]float32
	data    [][]float32 // of every tensor of the plan, during Run
	ops     []operation // those of the plan
	fetch   *fetcher    // of a lean engine
	jobs    [2]job      // the runs under way
	desk    job         // tensors of its own, for runs that are joined or another worker's
	shared  shared      // with a team
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
	return p.run(ctx, len(p.plan.Ops), func(int) {}, engine.Run{Outputs: outputs, Inputs: inputs})
}

// RunPair implements engine.Pairing.
func (p *program) RunPair(ctx context.Context, a, b engine.Run) error {
	return p.run(ctx, len(p.plan.Ops), func(int) {}, a, b)
}

// Output implements engine.Program.
func (p *program) Output(ctx context.Context, op int, outputs, inputs []engine.Tensor) ([]float32, error) {
	if err := engine.CheckOutput(p.plan, op, inputs); err != nil {
		return nil, err
	}
	if err := p.run(ctx, op+1, func(int) {}, engine.Run{Outputs: outputs, Inputs: inputs}); err != nil {
		return nil, err
	}
	return engine.Written(p.plan, op, p.data[p.plan.Ops[op].Out]), nil
}

// Times implements engine.Program.
func (p *program) Times(ctx context.Context, outputs, inputs []engine.Tensor) ([]time.Duration, error) {
	times := make([]time.Duration, len(p.plan.Ops))
	last := time.Now()
	err := p.run(ctx, len(times), func(i int) {
		now := time.Now()
		times[i], last = now.Sub(last), now
	}, engine.Run{Outputs: outputs, Inputs: inputs})
	return times, err
}

// run does the first ops operations of the plan for one run or two, and calls after with each one's index.
func (p *program) run(ctx context.Context, ops int, after func(op int), runs ...engine.Run) error {
	jobs := p.jobs[:len(runs)]
	for i := range jobs {
		if err := jobs[i].bind(p.plan, runs[i]); err != nil {
			return err
		}
	}
	if done, err := p.together(ctx, jobs, ops, after); done {
		return err
	}
	// Nobody shares the runs, or some did and were lost: alone they end with the same bits.
	if p.joins(jobs) {
		return p.joined(ctx, jobs, ops, after)
	}
	for i := range jobs {
		p.take(&jobs[i], jobs[i].batch)
		if err := p.through(ctx, ops, share{}, after); err != nil {
			return err
		}
	}
	return nil
}

// askedMACs is how many multiplications a run does, in a millisecond or less, until it asks again whether it was cancelled: asking looks at the
// clock, which a browser is slow to tell.
const askedMACs = 16_000_000

// through does this worker's share of operations, with the others of a team.
func (p *program) through(ctx context.Context, ops int, own share, after func(op int)) error {
	unasked := int64(askedMACs)
	for i := range ops {
		o := &p.ops[i]
		if unasked += o.macs * int64(p.batch); unasked >= askedMACs {
			if err := ctx.Err(); err != nil {
				return err
			}
			unasked = 0
		}
		if p.fetch != nil {
			if err := p.fetch.begin(p, o.Op); err != nil {
				return err
			}
			p.equip(o)
		}
		o.part = kernels.Part{}
		if o.region != nil {
			o.part = own.part
		}
		o.run(p, o)
		if own.exchanges && o.region != nil && !p.exchange(o, own) {
			return errApart
		}
		p.fetch.end(p, o)
		after(i)
	}
	return nil
}

// reserve prepares the buffers for a batch. Those of up to four times the batch are kept, so that runs of a sample and of some can take turns.
func (p *program) reserve(batch int) {
	if p.batch == batch {
		return
	}
	p.batch = batch
	if batch > p.room || batch*4 < p.room {
		p.room = batch
		p.slots = make([][]float32, len(p.plan.Slots))
		for i, size := range p.plan.Slots {
			p.slots[i] = make([]float32, batch*size)
		}
		p.data = make([][]float32, len(p.plan.Tensors))
	}
	for i, t := range p.plan.Tensors {
		if t.Slot >= 0 {
			p.data[i] = p.slots[t.Slot][:batch*t.Len()]
		}
	}
}
