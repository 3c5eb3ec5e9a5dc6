//go:build js && wasm

package webgpu

import (
	"context"
	"time"

	"unnoise/wasm/engine"
)

// Output implements engine.Program.
func (p *program) Output(ctx context.Context, op int, outputs, inputs []engine.Tensor) ([]float32, error) {
	in, err := p.one(ctx, outputs, inputs)
	if err == nil {
		err = engine.CheckOutput(p.plan, op, inputs)
	}
	if err != nil {
		return nil, err
	}
	var r *record
	err = p.e.dev.Scope(ctx, func() (err error) {
		r, err = p.assemble(p.lowerUpTo(1, p.stageWith(op)+1).calls)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer r.uniforms.Destroy()
	if err := p.e.dev.Replay(r.recording, p.copyIn(in, 0, 1), nil); err != nil {
		return nil, err
	}
	out := p.plan.Ops[op].Out
	nhwc := make([]float32, p.plan.Tensors[out].Len())
	if err := p.e.dev.Read(ctx, p.buffer(out), bytesOf(nhwc)); err != nil {
		return nil, err
	}
	return engine.Written(p.plan, op, nhwc), p.e.check()
}

// Times implements engine.Program.
func (p *program) Times(ctx context.Context, outputs, inputs []engine.Tensor) ([]time.Duration, error) {
	if !p.e.dev.HasTimestamps() {
		return nil, nil
	}
	in, err := p.one(ctx, outputs, inputs)
	if err != nil {
		return nil, err
	}
	r, err := p.record(ctx, 1)
	if err != nil {
		return nil, err
	}
	perCall, err := p.e.dev.Time(ctx, r.recording, p.copyIn(in, 0, 1))
	if err != nil {
		return nil, err
	}
	times := make([]time.Duration, len(p.plan.Ops))
	for i, stage := range p.lower(1).stageOf {
		times[p.stages[stage].first] += perCall[i]
	}
	return times, p.e.check()
}

// one checks that the program can run one sample and makes what that takes.
func (p *program) one(ctx context.Context, outputs, inputs []engine.Tensor) ([]*tensor, error) {
	if p.e == nil {
		return nil, errReleased
	}
	if err := p.e.check(); err != nil {
		return nil, err
	}
	if _, err := engine.CheckRun(p.plan, outputs, inputs); err != nil {
		return nil, err
	}
	in, err := p.e.ownAll(inputs)
	if err != nil {
		return nil, err
	}
	if err := p.e.flight.wait(ctx, p.e.limits.submit); err != nil {
		return nil, err
	}
	_, err = p.record(ctx, 1)
	return in, err
}

// stageWith is the number of the stage that an operation of the plan is part of.
func (p *program) stageWith(op int) int {
	for i := range p.stages {
		if p.stages[i].first > op {
			return i - 1
		}
	}
	return len(p.stages) - 1
}
