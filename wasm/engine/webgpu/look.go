//go:build js && wasm

package webgpu

import (
	"context"
	"time"

	"unnoise/wasm/engine"
)

// Output implements engine.Program.
func (p *program) Output(ctx context.Context, op int, outputs, inputs []engine.Tensor) ([]float32, error) {
	j, err := p.one(ctx, outputs, inputs)
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
	if err := p.e.dev.Replay(r.recording, p.copyIn(j, 0), nil); err != nil {
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
	j, err := p.one(ctx, outputs, inputs)
	if err != nil {
		return nil, err
	}
	r, err := p.record(ctx, 1)
	if err != nil {
		return nil, err
	}
	perCall, err := p.e.dev.Time(ctx, r.recording, p.copyIn(j, 0), 1)
	if err != nil {
		return nil, err
	}
	times := make([]time.Duration, len(p.plan.Ops))
	for i, stage := range p.lower(1).stageOf {
		times[p.stages[stage].first] += perCall[i]
	}
	return times, p.e.check()
}

// one is a run of one sample, with what that takes made.
func (p *program) one(ctx context.Context, outputs, inputs []engine.Tensor) (job, error) {
	j, err := p.job(engine.Run{Outputs: outputs, Inputs: inputs})
	if err == nil {
		err = p.e.flight.wait(ctx, p.e.limits.submit)
	}
	if err == nil {
		_, err = p.record(ctx, 1)
	}
	return j, err
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
