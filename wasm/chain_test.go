//go:build js && wasm

package main

import (
	"bytes"
	"context"
	"errors"
	"syscall/js"
	"testing"
	"time"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine/webgpu"
	"unnoise/wasm/sampler"
)

// drawAhead runs a chain whose state is kept after every step and whose pictures are asked for before every step, but waited for after
// it. A picture that was lost is empty.
func drawAhead(s *session) (pictures [][]byte, last []byte, err error) {
	ctx := context.Background()
	cfg := sampler.Config{Seed: 5, Count: 2, Request: diffusion.Request{Sampler: diffusion.DPMpp, Steps: 6}}
	ch, err := s.start(ctx, func() (*sampler.Chain, error) { return sampler.New(s.denoiser, &s.model.Process, cfg) })
	if err != nil {
		return nil, nil, err
	}
	pictures = make([][]byte, ch.run.Steps())
	for !ch.run.Done() {
		at := ch.run.Index()
		wait, notIssued := ch.frames()
		ch.keptAt = time.Time{}
		if err := ch.step(ctx); err != nil {
			return nil, nil, err
		}
		if errors.Is(notIssued, webgpu.ErrDeviceLost) {
			continue
		}
		pixels, err := wait(ctx)
		if err == nil {
			pictures[at] = args{js.ValueOf(pixels).Get("x")}.bytes(0)
		} else if !errors.Is(err, webgpu.ErrDeviceLost) {
			return nil, nil, err
		}
	}
	last, err = ch.frame(ctx, "x")
	return pictures, last, err
}

// Pictures that come while the chain goes on are of the step they were asked for at, and the last is the same, whichever call it is that
// finds the device lost: states that come late are whole, or not kept.
func TestAhead(t *testing.T) {
	pack := tinyPack(t)
	drawn := func(calls int) (pictures [][]byte, last []byte, made int) {
		s := openFragile(t, pack, "webgpu", calls)
		if err := s.choose(context.Background()); err != nil {
			t.Fatal(err)
		}
		first := s.denoiser.Engine.(*fragile)
		pictures, last, err := drawAhead(s)
		if err != nil {
			t.Fatalf("lost after %d calls: %v", calls, err)
		}
		return pictures, last, calls - first.left
	}
	const many = 1 << 30
	choose, _, _ := callsOf(t, pack)
	want, wantLast, all := drawn(many)
	for i, p := range want {
		if len(p) == 0 || i > 0 && bytes.Equal(p, want[i-1]) {
			t.Fatalf("no picture after %d steps, or that of a step less", i)
		}
	}
	for n := choose; n < all; n++ {
		got, last, _ := drawn(n)
		if !bytes.Equal(last, wantLast) {
			t.Fatalf("lost at call %d of %d: another picture", n, all)
		}
		for i, p := range got {
			if len(p) > 0 && !bytes.Equal(p, want[i]) {
				t.Fatalf("lost at call %d of %d: the picture after %d steps is another one", n, all, i)
			}
		}
	}
}
