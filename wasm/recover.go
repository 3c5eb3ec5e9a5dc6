//go:build js && wasm

package main

import (
	"context"
	"errors"
	"time"

	"unnoise/wasm/engine/webgpu"
	"unnoise/wasm/sampler"
)

// maxLosses is how many devices may be lost in a row, none of which brought a chain further: then WebGPU is given up.
const maxLosses = 4

// A browser whose GPU process ended offers no adapter until it has started another one: so long is waited for it in all,
// twice as long each time.
const (
	firstWait = 100 * time.Millisecond
	lastWait  = 3200 * time.Millisecond
)

// surviving calls f until it ends otherwise than by the loss of the device. After each loss the session has another engine, and its
// chains are back at their last copies.
func (s *session) surviving(ctx context.Context, f func() error) error {
	if s.lost != nil { // and no engine came back then: the page asks again
		if err := s.recover(ctx, s.lost); err != nil {
			return err
		}
	}
	for {
		err := f()
		if !errors.Is(err, webgpu.ErrDeviceLost) {
			return err
		}
		if err := s.recover(ctx, err); err != nil {
			return err
		}
	}
}

// outlasting is surviving for work that has a result.
func outlasting[T any](ctx context.Context, s *session, f func() (T, error)) (result T, err error) {
	err = s.surviving(ctx, func() (err error) {
		result, err = f()
		return err
	})
	return result, err
}

// recover finds an engine again and resumes every chain there.
func (s *session) recover(ctx context.Context, lost error) error {
	for {
		s.lost = lost
		s.losses++
		s.dropped = append(s.dropped, drop{"webgpu", lost.Error()})
		s.denoiser.Engine.Close()
		if err := s.choose(ctx); err != nil {
			s.losses = 0
			return named("DeviceLostError", errors.New(lost.Error()+", and no engine came back: "+err.Error()))
		}
		err := s.resumeAll()
		if err == nil {
			s.lost = nil
		}
		if !errors.Is(err, webgpu.ErrDeviceLost) {
			return err
		}
		lost = err
	}
}

func (s *session) resumeAll() error {
	for ch := range s.chains {
		run, err := sampler.Resume(s.denoiser, &s.model.Process, ch.kept)
		if err != nil {
			return err
		}
		ch.run = run
	}
	return nil
}

// tryPatiently is try, again and again after a loss while no engine can be opened.
func (s *session) tryPatiently(ctx context.Context, name string) error {
	if s.losses > maxLosses && name == "webgpu" {
		return errors.New("lost " + short(maxLosses) + " times in a row")
	}
	err := s.try(ctx, name)
	for wait := firstWait; s.losses > 0 && wait <= lastWait && mayPass(err); wait *= 2 {
		time.Sleep(wait)
		err = s.try(ctx, name)
	}
	return err
}

// mayPass says that an engine could not be opened, or was lost while it was tested: errors of a moment.
func mayPass(err error) bool {
	n, ok := errors.AsType[*namedError](err)
	return errors.Is(err, webgpu.ErrDeviceLost) || ok && n.name == "EngineError"
}
