//go:build js && wasm

package main

import (
	"context"
	"errors"
	"math"
	"time"

	"unnoise/wasm/engine/webgpu"
	"unnoise/wasm/sampler"
)

// keepEvery is how often a chain's state is copied out of the GPU: what a lost device costs at most.
const keepEvery = 500 * time.Millisecond

// chain is a chain under way with the last copy of its state.
type chain struct {
	s      *session
	run    *sampler.Chain
	kept   *sampler.State
	keptAt time.Time
	told   int // how many dropped engines of the session the page has heard of with this chain
}

// step does one step. When the device is lost, the session moves to a new engine and the chain goes back to its last copy; the noise is
// counter-based, so the picture stays the same.
func (ch *chain) step(ctx context.Context) error {
	if ch.kept == nil {
		if err := ch.keep(ctx); err != nil {
			return err
		}
	}
	err := ch.run.Step(ctx)
	if errors.Is(err, webgpu.ErrDeviceLost) {
		return ch.s.recover(ctx, err)
	}
	if err != nil {
		return err
	}
	if ch.s.test.skipped {
		return ch.lookAtFirst(ctx)
	}
	if ch.s.denoiser.Engine.Info().Engine == "webgpu" && (ch.run.Done() || time.Since(ch.keptAt) > keepEvery) {
		if err := ch.keep(ctx); errors.Is(err, webgpu.ErrDeviceLost) {
			return ch.s.recover(ctx, err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// lookAtFirst stands in for a probe that would have taken too long: the first state must hold numbers, and not one alone.
func (ch *chain) lookAtFirst(ctx context.Context) error {
	if err := ch.keep(ctx); err != nil {
		return err
	}
	ch.s.test.skipped = false
	for _, v := range ch.kept.X0 {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return errors.New("the first step left values that are not numbers: this engine computes the model wrongly")
		}
	}
	for _, v := range ch.kept.X0 {
		if v != ch.kept.X0[0] {
			return nil
		}
	}
	return errors.New("the first step left a picture of one value: this engine computes the model wrongly")
}

func (ch *chain) keep(ctx context.Context) (err error) {
	ch.kept, err = ch.run.State(ctx)
	ch.keptAt = time.Now()
	return err
}

// frame reads pixels; a lost device sends the chain back to its last copy first.
func (ch *chain) frame(ctx context.Context, which string) ([]byte, error) {
	for again := false; ; again = true {
		t := ch.run.X()
		if which == "x0" {
			t = ch.run.X0()
		}
		rgba, err := ch.s.denoiser.Engine.Pixels(ctx, t)
		if !errors.Is(err, webgpu.ErrDeviceLost) || again {
			return rgba, err
		}
		if err := ch.s.recover(ctx, err); err != nil {
			return nil, err
		}
	}
}

// recover finds an engine again and resumes every chain there.
func (s *session) recover(ctx context.Context, lost error) error {
	s.dropped = append(s.dropped, drop{"webgpu", lost.Error()})
	s.denoiser.Engine.Close()
	if err := s.choose(ctx); err != nil {
		return named("DeviceLostError", errors.New(lost.Error()+", and no engine came back: "+err.Error()))
	}
	for ch := range s.chains {
		if ch.kept == nil {
			continue
		}
		run, err := sampler.Resume(s.denoiser, &s.model.Process, ch.kept)
		if err != nil {
			return err
		}
		ch.run = run
	}
	return nil
}
