//go:build js && wasm

package webgpu

import (
	"context"

	"unnoise/wasm/engine"
	"unnoise/wasm/internal/webgpu"
)

// Run implements engine.Program.
func (p *program) Run(ctx context.Context, outputs, inputs []engine.Tensor) error {
	j, err := p.job(engine.Run{Outputs: outputs, Inputs: inputs})
	if err != nil {
		return err
	}
	return p.inParts(ctx, j)
}

// inParts runs a job, as many samples at a time as fit.
func (p *program) inParts(ctx context.Context, j job) error {
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
	if err := p.inParts(ctx, one); err != nil {
		return err
	}
	return p.inParts(ctx, two)
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
