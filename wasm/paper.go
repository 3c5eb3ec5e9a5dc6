//go:build js && wasm

package main

import (
	"context"
	"errors"
	"strconv"
	"syscall/js"

	"unnoise/wasm/codec"
	"unnoise/wasm/likelihood"
	"unnoise/wasm/picture"
	"unnoise/wasm/sampler"
)

// pixels reads {rgba, width, height}, of the model's size, as the model takes a picture.
func (s *session) pixels(a args, i int) ([]float64, error) {
	w, h := a.option(i, "width").int(0), a.option(i, "height").int(0)
	rgba := args{a.option(i, "rgba").Value}.bytes(0)
	net := s.model.Net
	if net.InChannels != 1 && net.InChannels != 3 {
		return nil, usage("the model's tensors are no pictures")
	}
	size := picture.SizeFor(net.InChannels, net.Width, net.Height, s.model.Provenance.Get("pictures"))
	levels, err := size.FromRGBA(rgba, w, h)
	if err != nil {
		return nil, named("UsageError", err)
	}
	return picture.Values(levels), nil
}

// from reads what a chain takes of a picture: its beginning, or the part that is kept where the mask (a byte a pixel) is 0.
func (s *session) from(cfg *sampler.Config, a args) error {
	if a.option(1, "picture").Type() != js.TypeObject {
		return nil
	}
	x, err := s.pixels(args{a.option(1, "picture").Value}, 0)
	if err != nil {
		return err
	}
	x0 := make([]float32, len(x))
	for i, v := range x {
		x0[i] = float32(v)
	}
	if mask := (args{a.option(1, "mask").Value}).bytes(0); mask != nil {
		p := &sampler.Paint{Picture: x0, Jump: a.option(1, "jump").int(0), Repeats: a.option(1, "repeats").int(0)}
		for _, v := range mask {
			p.Mask = append(p.Mask, 1-float32(v)/255)
		}
		cfg.Paint = p
		return nil
	}
	cfg.Depth = a.option(1, "depth").int(s.model.Process.TrainTimesteps / 2)
	plan, err := s.model.Process.Plan(cfg.Request)
	if err == nil && cfg.Count < 1 {
		err = errors.New("count must be 1 or more, found " + strconv.Itoa(cfg.Count))
	}
	if err != nil {
		return named("UsageError", err)
	}
	var all []float32
	for range min(cfg.Count, 4096) {
		all = append(all, x0...)
	}
	cfg.Begin = sampler.Forward(all, len(all)/len(x0), plan.AlphaBar, cfg.Seed, cfg.Depth, cfg.First)
	return nil
}

func (s *session) codec() codec.Model {
	return codec.Model{D: s.denoiser, Process: &s.model.Process, ID: s.model.ID()}
}

func ignore(int) {}

// decode(session, bytes, {ancestral, seed}) decodes a coded picture, or as much of it as there is.
func (c *core) decode(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	seed, err := a.option(2, "seed").seed()
	if err != nil {
		return nil, err
	}
	finish := codec.Finish{Ancestral: a.option(2, "ancestral").bool(false), Seed: seed}
	out, err := outlasting(ctx, s, func() (*codec.Decoded, error) { return codec.Decode(ctx, s.codec(), a.bytes(1), finish, ignore) })
	if err != nil {
		return nil, named("UsageError", err)
	}
	rgba, err := outlasting(ctx, s, func() ([]byte, error) { return s.rgba(ctx, out.Picture) })
	if err != nil {
		return nil, err
	}
	return object("rgba", bytesToJS(rgba), "width", s.model.Net.Width, "height", s.model.Net.Height, "share", out.Share(), "level", out.Level), nil
}

// rgba are a picture's pixels; x are its values, CHW.
func (s *session) rgba(ctx context.Context, x []float32) ([]byte, error) {
	t, err := s.denoiser.Engine.NewTensor(s.denoiser.InShape(1))
	if err != nil {
		return nil, err
	}
	defer t.Release()
	if err := t.Write(x); err != nil {
		return nil, err
	}
	return s.denoiser.Engine.Pixels(ctx, t)
}

// encode(session, {rgba, width, height}, {blockBits, label}) codes a picture.
func (c *core) encode(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	x, err := s.pixels(a, 1)
	if err != nil {
		return nil, err
	}
	options := codec.Options{BlockBits: a.option(2, "blockBits").int(0), Label: a.option(2, "label").int(-1)}
	out, err := outlasting(ctx, s, func() (*codec.Encoded, error) { return codec.Encode(ctx, s.codec(), x, options, ignore) })
	if err != nil {
		return nil, named("UsageError", err)
	}
	return object("bytes", bytesToJS(out.Data), "bits", 8*len(out.Data), "bound", out.Bound, "rmse", out.RMSE), nil
}

// nll(session, {rgba, width, height}, {draws, timesteps, seed, label}) computes the bound of a picture.
func (c *core) nll(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	x, err := s.pixels(a, 1)
	if err != nil {
		return nil, err
	}
	seed, err := a.option(2, "seed").seed()
	if err != nil {
		return nil, err
	}
	plan := likelihood.Plan{Draws: a.option(2, "draws").int(2), Strata: a.option(2, "timesteps").int(0), Seed: seed, Batch: 4}
	options := likelihood.Options{Label: a.option(2, "label").int(-1)}
	e, err := outlasting(ctx, s, func() (*likelihood.Estimate, error) {
		b, err := likelihood.New(s.denoiser, &s.model.Process, options)
		if err != nil {
			return nil, err
		}
		defer b.Release()
		return b.Estimate(ctx, x, plan, func() {})
	})
	if err != nil {
		return nil, named("UsageError", err)
	}
	terms := []any{}
	for t, x := range e.Terms {
		if e.Visits[t] > 0 {
			terms = append(terms, object("t", t, "bits", e.Shares[t], "epsMSE", x.EpsMSE, "x0MSE", x.X0MSEClip))
		}
	}
	return object("bitsPerDim", e.Total, "standardError", e.StandardError, "prior", e.Prior, "terms", terms), nil
}
