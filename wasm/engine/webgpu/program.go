//go:build js && wasm

package webgpu

import (
	"context"
	"errors"

	"unnoise/wasm/engine"
	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/unet"
)

// program is a loaded plan.
type program struct {
	e        *Engine
	plan     *unet.Plan
	stages   []stage
	matrices []matrix          // of each stage
	vectors  []int             // where each stage's vectors stand in the arena
	arena    *webgpu.Buffer    // scales, gains and biases of all stages
	weights  []webgpu.Resource // all that Load made

	room    int                              // samples the activations have room for
	slots   []*webgpu.Buffer                 // of the plan's slots
	outside map[unet.TensorID]*webgpu.Buffer // of the plan's inputs and outputs
	partial *webgpu.Buffer                   // raw sums of convolutions in slabs; nil for none
	sheets  [sheetCount]*webgpu.Texture      // of direct operations; nil for none
	records map[int]*record                  // by number of samples
}

var errReleased = errors.New("WebGPU: program was released")

// Load implements engine.Engine.
func (e *Engine) Load(ctx context.Context, plan *unet.Plan, src engine.Source) (engine.Program, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	p := &program{e: e, plan: plan, stages: stages(plan), records: map[int]*record{}}
	l := newLoader(p, src)
	err := l.outline()
	if err == nil {
		err = checkSize("one sample's activations", p.largest())
	}
	if err == nil {
		err = p.fill(ctx, l)
	}
	if err != nil {
		p.Release()
		return nil, err
	}
	return p, nil
}

// fill compiles the pipelines while the weights, which may still be arriving, go to the GPU.
func (p *program) fill(ctx context.Context, l *loader) error {
	e, specs, compiled := p.e, p.specs(1), make(chan error)
	go func() { compiled <- e.shop.prepare(ctx, specs) }()
	err := e.dev.Scope(ctx, func() error { return l.load(ctx) })
	if problem := <-compiled; err == nil {
		err = problem
	}
	return err
}

// largest is the number of elements of the plan's largest tensor, for one sample.
func (p *program) largest() int {
	n := 1
	for _, size := range p.plan.Slots {
		n = max(n, size)
	}
	for _, t := range p.plan.Tensors {
		n = max(n, t.Len())
	}
	return n
}

// most is the number of samples that fit the bindings and a dispatch's time, 0 where a single one does not fit the
// bindings (which Load refuses); larger batches run in parts.
func (p *program) most() int {
	var macs int64 = 1
	for i := range p.plan.Ops {
		macs = max(macs, p.plan.OpMACs(&p.plan.Ops[i]))
	}
	return min(p.e.limits.binding/4/p.largest(), int(max(p.e.limits.dispatch/macs, 1)), p.mostOnSheets())
}

// Run implements engine.Program.
func (p *program) Run(ctx context.Context, outputs, inputs []engine.Tensor) error {
	j, err := p.job(engine.Run{Outputs: outputs, Inputs: inputs})
	if err != nil {
		return err
	}
	most := p.most()
	for first := 0; first < j.n; first += most {
		part := j
		part.first, part.n = first, min(j.n-first, most)
		if err := p.part(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// RunPair implements engine.Pairing: half as many dispatches, which at a sample each leave much of a GPU idle.
func (p *program) RunPair(ctx context.Context, a, b engine.Run) error {
	one, err := p.job(a)
	if err != nil {
		return err
	}
	two, err := p.job(b)
	if err != nil {
		return err
	}
	if one.n+two.n <= p.most() {
		return p.part(ctx, one, two)
	}
	if err := p.Run(ctx, a.Outputs, a.Inputs); err != nil {
		return err
	}
	return p.Run(ctx, b.Outputs, b.Inputs)
}

// job is n samples of a run, from first on.
type job struct {
	outputs, inputs []*tensor
	first, n        int
}

// job is the whole of a run.
func (p *program) job(r engine.Run) (j job, err error) {
	if p.e == nil {
		return j, errReleased
	}
	if err := p.e.check(); err != nil {
		return j, err
	}
	if j.n, err = engine.CheckRun(p.plan, r.Outputs, r.Inputs); err != nil {
		return j, err
	}
	if j.inputs, err = p.e.ownAll(r.Inputs); err != nil {
		return j, err
	}
	j.outputs, err = p.e.ownAll(r.Outputs)
	return j, err
}

func (e *Engine) ownAll(tensors []engine.Tensor) ([]*tensor, error) {
	var err error
	list := make([]*tensor, len(tensors))
	for i, t := range tensors {
		if list[i], err = e.own(t); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// part runs jobs together, once there is room for more work.
func (p *program) part(ctx context.Context, jobs ...job) error {
	if err := p.e.flight.wait(ctx, p.e.limits.submit); err != nil {
		return err
	}
	n := 0
	for _, j := range jobs {
		n += j.n
	}
	r, err := p.record(ctx, n)
	if err != nil {
		return err
	}
	var before, after []webgpu.Copy
	at := 0
	for _, j := range jobs {
		before, after = append(before, p.copyIn(j, at)...), append(after, p.copyOut(j, at)...)
		at += j.n
	}
	r.cut(p.e.flight.pace.submit(p.e.limits.submit))
	if err := p.e.dev.Replay(r.recording, before, after); err != nil {
		return err
	}
	return p.e.flight.issued(p.e.dev, r.macs())
}

// copyIn brings a job's inputs to where the plan reads samples from at on.
func (p *program) copyIn(j job, at int) []webgpu.Copy {
	list := make([]webgpu.Copy, len(j.inputs))
	for i, id := range p.plan.Inputs {
		size := 4 * p.plan.Tensors[id].Len()
		list[i] = webgpu.Copy{Src: j.inputs[i].buf, SrcOffset: j.first * size, Dst: p.outside[id], DstOffset: at * size, Size: j.n * size}
	}
	return list
}

// copyOut brings outputs of samples from at on to a job's.
func (p *program) copyOut(j job, at int) []webgpu.Copy {
	list := make([]webgpu.Copy, len(j.outputs))
	for i, id := range p.plan.Outputs {
		size := 4 * p.plan.Tensors[id].Len()
		list[i] = webgpu.Copy{Src: p.outside[id], SrcOffset: at * size, Dst: j.outputs[i].buf, DstOffset: j.first * size, Size: j.n * size}
	}
	return list
}

// reserve makes the activations' buffers, for n samples at least.
func (p *program) reserve(n int, l *lowering) error {
	const usage = webgpu.Storage | webgpu.CopySrc | webgpu.CopyDst
	if n > p.room {
		p.drop()
		p.room, p.outside = n, map[unet.TensorID]*webgpu.Buffer{}
		for _, size := range p.plan.Slots {
			buf, err := p.e.dev.NewBuffer("activations", 4*n*size, usage)
			if err != nil {
				return err
			}
			p.slots = append(p.slots, buf)
		}
		for _, id := range append(p.plan.Inputs[:len(p.plan.Inputs):len(p.plan.Inputs)], p.plan.Outputs...) {
			if p.outside[id] != nil {
				continue
			}
			buf, err := p.e.dev.NewBuffer(p.plan.Tensors[id].Name, 4*n*p.plan.Tensors[id].Len(), usage)
			if err != nil {
				return err
			}
			p.outside[id] = buf
		}
	}
	if err := p.reservePartial(l.partial); err != nil {
		return err
	}
	return p.reserveSheets(l)
}

// reservePartial makes room for n raw sums. Records that use a smaller buffer are made anew.
func (p *program) reservePartial(n int) (err error) {
	if n == 0 || p.partial != nil && p.partial.Size >= 4*n {
		return nil
	}
	p.dropRecords()
	if p.partial != nil {
		p.partial.Destroy()
	}
	p.partial, err = p.e.dev.NewBuffer("partial sums", 4*n, webgpu.Storage)
	return err
}

// buffer is where a tensor's elements are.
func (p *program) buffer(id unet.TensorID) *webgpu.Buffer {
	switch {
	case id == unet.None:
		return p.e.dummy
	case p.outside[id] != nil:
		return p.outside[id]
	}
	return p.slots[p.plan.Tensors[id].Slot]
}

// drop frees the activations and what is recorded on them.
func (p *program) drop() {
	p.dropRecords()
	for _, b := range p.slots {
		b.Destroy()
	}
	for _, b := range p.outside {
		b.Destroy()
	}
	p.room, p.slots, p.outside = 0, nil, nil
}

func (p *program) dropRecords() {
	for n, r := range p.records {
		r.uniforms.Destroy()
		delete(p.records, n)
	}
}

// Release implements engine.Program.
func (p *program) Release() {
	p.drop()
	if p.partial != nil {
		p.partial.Destroy()
	}
	for _, t := range p.sheets {
		if t != nil {
			t.Destroy()
		}
	}
	for _, b := range p.weights {
		b.Destroy()
	}
	*p = program{}
}
