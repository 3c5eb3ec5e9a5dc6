//go:build js && wasm

package main

import (
	"context"
	"errors"
	"math"
	"time"

	"unnoise/wasm/engine"
	"unnoise/wasm/sampler"
)

// keepEvery is how often a chain's state is copied out of the GPU: what a lost device costs at most.
const keepEvery = 500 * time.Millisecond

// chain is a chain under way with the last copy of its state.
type chain struct {
	s      *session
	run    *sampler.Chain
	kept   *sampler.State // never nil: a chain is kept as soon as it is made
	keptAt time.Time      // when the last copy was issued
	coming bool           // it is on its way
	told   int            // how many dropped engines of the session the page has heard of with this chain
}

// start makes a chain of the session and keeps its first state.
func (s *session) start(ctx context.Context, make func() (*sampler.Chain, error)) (*chain, error) {
	ch := &chain{s: s}
	err := s.surviving(ctx, func() (err error) {
		if ch.run, err = make(); err != nil {
			return err
		}
		if tuner, ok := s.denoiser.Program().(engine.Tuner); ok {
			if err := tuner.Tune(ctx, ch.run.Batch()); err != nil {
				return err
			}
		}
		return ch.keep(ctx)
	})
	if err != nil {
		return nil, err
	}
	s.chains[ch] = true
	ch.told = len(s.dropped)
	return ch, nil
}

// step does one step, or goes back to the last copy where the device is lost meanwhile; the noise is counter-based, so the
// picture stays the same.
func (ch *chain) step(ctx context.Context) error {
	losses := ch.s.losses
	return ch.s.surviving(ctx, func() error {
		if ch.s.losses != losses {
			return nil // the page hears of the loss, and where the chain is now, before the next step
		}
		return ch.advance(ctx)
	})
}

// advance does one step on the engine there is.
func (ch *chain) advance(ctx context.Context) error {
	if err := ch.run.Step(ctx); err != nil {
		return err
	}
	if ch.s.test.skipped {
		return ch.lookAtFirst(ctx)
	}
	if ch.s.denoiser.Engine.Info().Engine != "webgpu" {
		return nil
	}
	if ch.run.Done() {
		return ch.keep(ctx) // nothing comes after it
	}
	if !ch.coming && time.Since(ch.keptAt) > keepEvery {
		ch.keepLater()
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

// keep copies the state out. Where that fails, the earlier copy stays.
func (ch *chain) keep(ctx context.Context) error {
	ch.keptAt = time.Now()
	state, err := ch.run.State(ctx)
	if err == nil {
		ch.take(state)
	}
	return err
}

// keepLater is keep while the chain goes on: waiting would leave a GPU idle. A loss is told by the next call.
func (ch *chain) keepLater() {
	ch.coming, ch.keptAt = true, time.Now()
	run, fetch := ch.run, ch.run.Fetch()
	go func() {
		state, err := fetch.Wait(context.Background())
		ch.coming = false
		if err == nil && ch.run == run { // the chain has not gone back meanwhile
			ch.take(state)
		}
	}()
}

// take makes a state the last copy, unless there is a later one.
func (ch *chain) take(state *sampler.State) {
	if ch.kept != nil {
		if state.Index <= ch.kept.Index {
			return
		}
		ch.s.losses = 0 // the engine has brought a chain further
	}
	ch.kept = state
}

// frame reads pixels.
func (ch *chain) frame(ctx context.Context, which string) ([]byte, error) {
	return outlasting(ctx, ch.s, func() ([]byte, error) {
		t := ch.run.X()
		if which == "x0" {
			t = ch.run.X0()
		}
		return engine.ReadPixels(ctx, ch.s.denoiser.Engine, t)
	})
}

// frames are the pixels of x and of x0 on their way: the chain may go on before they are there.
func (ch *chain) frames() (func(context.Context) (any, error), error) {
	x, xFetch, err := engine.FetchPixels(ch.s.denoiser.Engine, ch.run.X())
	if err != nil {
		return nil, err
	}
	x0, x0Fetch, err := engine.FetchPixels(ch.s.denoiser.Engine, ch.run.X0())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (any, error) {
		err := engine.AwaitAll(ctx, xFetch, x0Fetch)
		return object("x", bytesToJS(x), "x0", bytesToJS(x0)), err
	}, nil
}
