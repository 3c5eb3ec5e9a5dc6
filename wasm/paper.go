//go:build js && wasm

package main

import (
	"context"

	"unnoise/wasm/codec"
	"unnoise/wasm/engine"
	"unnoise/wasm/likelihood"
	"unnoise/wasm/picture"
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

func (s *session) codec() codec.Model {
	return codec.Model{D: s.denoiser, Process: &s.model.Process, ID: s.model.ID()}
}

// levels reports how far a coder is, which counts the levels of noise down to 0.
func (s *session) levels(v value) func(level int) {
	total := s.model.Process.TrainTimesteps
	report := v.reporter(total)
	return func(level int) { report(total - level) }
}

// decode(session, bytes, {ancestral, seed, onProgress}) decodes a coded picture, or as much of it as there is.
func (c *core) decode(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	seed, err := a.option(2, "seed").seed()
	if err != nil {
		return nil, err
	}
	report := s.levels(a.option(2, "onProgress"))
	finish := codec.Finish{Ancestral: a.option(2, "ancestral").bool(false), Seed: seed}
	out, err := outlasting(ctx, s, func() (*codec.Decoded, error) { return codec.Decode(ctx, s.codec(), a.bytes(1), finish, report) })
	if err != nil {
		return nil, named("UsageError", err)
	}
	rgba, err := outlasting(ctx, s, func() ([]byte, error) { return s.rgba(ctx, out.Picture) })
	if err != nil {
		return nil, err
	}
	return object("rgba", bytesToJS(rgba), "width", s.model.Net.Width, "height", s.model.Net.Height, "share", out.Share(), "level", out.Level), nil
}

// rgba are the pixels of pictures; x are their values, NCHW.
func (s *session) rgba(ctx context.Context, x []float32) ([]byte, error) {
	t, err := s.denoiser.Engine.NewTensor(s.denoiser.InShape(len(x) / s.denoiser.InShape(1).Len()))
	if err != nil {
		return nil, err
	}
	defer t.Release()
	if err := t.Write(x); err != nil {
		return nil, err
	}
	return engine.ReadPixels(ctx, s.denoiser.Engine, t)
}

// encode(session, {rgba, width, height}, {blockBits, label, onProgress}) codes a picture.
func (c *core) encode(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	x, err := s.pixels(a, 1)
	if err != nil {
		return nil, err
	}
	report := s.levels(a.option(2, "onProgress"))
	options := codec.Options{BlockBits: a.option(2, "blockBits").int(0), Label: a.option(2, "label").int(-1)}
	out, err := outlasting(ctx, s, func() (*codec.Encoded, error) { return codec.Encode(ctx, s.codec(), x, options, report) })
	if err != nil {
		return nil, named("UsageError", err)
	}
	return object("bytes", bytesToJS(out.Data), "bits", 8*len(out.Data), "bound", out.Bound, "rmse", out.RMSE), nil
}

// nll(session, {rgba, width, height}, {draws, timesteps, seed, label, onProgress}) computes the bound of a picture.
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
	report, calls := a.option(2, "onProgress").reporter(plan.Calls(s.model.Process.TrainTimesteps)), 0
	options := likelihood.Options{Label: a.option(2, "label").int(-1)}
	e, err := outlasting(ctx, s, func() (*likelihood.Estimate, error) {
		b, err := likelihood.New(s.denoiser, &s.model.Process, options)
		if err != nil {
			return nil, err
		}
		defer b.Release()
		calls = 0
		return b.Estimate(ctx, x, plan, func() {
			calls++
			report(calls)
		})
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
