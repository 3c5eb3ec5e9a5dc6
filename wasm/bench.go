//go:build js && wasm

package main

import (
	"context"
	"strconv"
	"time"

	"unnoise/wasm/engine"
)

// bench(session, {steps, onProgress}) times the network on noise: the median of so many steps (of as many means,
// where a step is too short for a browser's clock) and, where the engine can tell, the mean of every operation.
func (c *core) bench(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	steps := a.option(1, "steps").int(10)
	if steps < 1 || steps > maxBench {
		return nil, usage("steps must be from 1 to " + strconv.Itoa(maxBench) + ", found " + strconv.Itoa(steps))
	}
	x, err := s.noised(nil, s.model.Process.TrainTimesteps-1, 0)
	if err != nil {
		return nil, err
	}
	b := &timing{x: x, t: float64(s.model.Process.TrainTimesteps - 1), steps: steps, report: a.option(1, "onProgress").reporter(steps + timedRuns(steps))}
	if s.model.Net.Classes > 0 {
		b.labels = []int{0}
	}
	if err := s.surviving(ctx, func() error { return b.run(ctx, s.denoiser) }); err != nil {
		return nil, err
	}
	o := object("msPerStep", milliseconds(b.step), "steps", steps)
	if b.operations != nil {
		list := []any{}
		for i, d := range b.operations {
			op := &s.model.Plan.Ops[i]
			list = append(list, object("index", i, "name", op.Layer, "kernel", string(op.Kernel), "ms", milliseconds(d)))
		}
		o["operations"] = list
	}
	return o, nil
}

const maxBench = 1000

// timedRuns is how often the operations are timed: clocks that are rounded to a tenth of a millisecond want several.
func timedRuns(steps int) int { return min(steps, 10) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// timing is a benchmark under way.
type timing struct {
	x      []float32 // CHW
	t      float64
	labels []int
	steps  int
	report func(done int)

	step       time.Duration
	operations []time.Duration // nil where the engine cannot tell
}

// run times the network; it begins anew where a device was lost meanwhile.
func (b *timing) run(ctx context.Context, d *engine.Denoiser) error {
	if err := b.runSteps(ctx, d); err != nil {
		return err
	}
	b.operations = nil
	for i := range timedRuns(b.steps) {
		times, err := d.Times(ctx, b.x, b.t, b.labels)
		if err != nil || times == nil {
			return err
		}
		if b.operations == nil {
			b.operations = make([]time.Duration, len(times))
		}
		for k, t := range times {
			b.operations[k] += t / time.Duration(timedRuns(b.steps))
		}
		b.report(b.steps + i + 1)
	}
	return nil
}

// leastTimed is what browsers' clocks, rounded to as much as a millisecond, still tell to a tenth.
const leastTimed = 10 * time.Millisecond

// timed is how long a call takes: the mean of as many as last for leastTimed.
func timed(call func() error) (time.Duration, error) {
	start := time.Now()
	for n := time.Duration(1); ; n++ {
		if err := call(); err != nil {
			return 0, err
		}
		if took := time.Since(start); took >= leastTimed {
			return took / n, nil
		}
	}
}

// runSteps times whole steps, after one that warms up.
func (b *timing) runSteps(ctx context.Context, d *engine.Denoiser) error {
	in, err := d.Engine.NewTensor(d.InShape(1))
	if err != nil {
		return err
	}
	defer in.Release()
	out, err := d.Engine.NewTensor(d.OutShape(1))
	if err != nil {
		return err
	}
	defer out.Release()
	if err := in.Write(b.x); err != nil {
		return err
	}
	var times []time.Duration
	for i := range b.steps + 1 {
		took, err := timed(func() error {
			if err := d.Denoise(ctx, out, in, []float64{b.t}, b.labels); err != nil {
				return err
			}
			return d.Engine.Sync(ctx)
		})
		if err != nil {
			return err
		}
		if i > 0 {
			times = append(times, took)
			b.report(i)
		}
	}
	b.step = median(times)
	return nil
}

// median sorts by insertion: package slices would cost the page 10 kB.
func median(times []time.Duration) time.Duration {
	for i := range times {
		for k := i; k > 0 && times[k] < times[k-1]; k-- {
			times[k], times[k-1] = times[k-1], times[k]
		}
	}
	return times[len(times)/2]
}
