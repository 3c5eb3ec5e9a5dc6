package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/sampler"
	"unnoise/weights"
)

// replayCmd runs a chain on given noise.
type replayCmd struct {
	modelFlags
	chainFlags
	classFlags
	Trace string `required:"" placeholder:"IN" help:".safetensors file with x_T [B,C,H,W] and the noise z, [steps,B,C,H,W] or [steps,C,H,W] for all samples."`
	Out   string `required:"" placeholder:"OUT" help:".safetensors file to write: x and x0 after every step, [steps,B,C,H,W] float32, and image, [B,C,H,W] uint8."`
}

// Help tells what the flags do not.
func (c *replayCmd) Help() string {
	return `Row k of z belongs to step k, counted from 0; the last step adds no noise, so its row is not used. A chain without noise (ddim with eta 0) needs no z. Clipping and the choice of timesteps are the pack's.

Example:
  sample replay --model digits.safetensors --sampler ddpm --steps 1000 --trace noise.safetensors --out states.safetensors`
}

// Validate reports values outside their range.
func (c *replayCmd) Validate() error {
	return errors.Join(c.modelFlags.check(), c.chainFlags.check())
}

// Run implements the command.
func (c *replayCmd) Run(ctx context.Context, std stdio) error {
	in, err := readFile(c.Trace)
	if err != nil {
		return err
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	tr, err := c.read(in, s)
	if err != nil {
		return err
	}
	files, err := createOutputs([]string{c.Out}, c.Model, c.Trace)
	if err != nil {
		return err
	}
	defer files.discard()
	r := newRecord(tr)
	if err := c.all(ctx, std, s, tr, r); err != nil {
		return err
	}
	if err := files.commit(ctx, r.file(c.metadata(s, tr.steps))); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: %d steps of %d samples of %s on %s\n", c.Out, tr.steps, tr.shape.N, s.title(), s.info.Adapter)
	return err
}

// read checks the request and the given noise against the model.
func (c *replayCmd) read(in *weights.File, s *session) (*trace, error) {
	plan, err := s.plan(c.request())
	if err != nil {
		return nil, err
	}
	tr, err := readTrace(in, s.d, plan.Moves)
	if err != nil {
		return nil, err
	}
	if c.Labels, err = spread(c.Labels, tr.shape.N); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Trace, err)
	}
	return tr, nil
}

// all replays every sample, as many at a time as fit.
func (c *replayCmd) all(ctx context.Context, std stdio, s *session, tr *trace, r *record) error {
	n, size := tr.shape.N, s.batch()
	bar := newProgress(std.err, tr.steps*((n+size-1)/size), c.Sampler)
	defer bar.close()
	for first := 0; first < n; first += size {
		count := min(size, n-first)
		cfg := sampler.Config{Request: c.request(), Count: count, Labels: slice(c.Labels, first, count), Trace: tr.from(first), Guidance: c.Guidance}
		chain, err := sampler.New(s.d, &s.Process, cfg)
		if err == nil {
			err = r.follow(ctx, chain, first, bar.step)
			chain.Release()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name(), err)
		}
	}
	return nil
}

func (c *replayCmd) metadata(s *session, steps int) map[string]string {
	m := map[string]string{"engine": s.info.Engine, "adapter": s.info.Adapter, "precision": s.info.Precision,
		"sampler": c.Sampler, "steps": strconv.Itoa(steps), "model": s.ID()}
	switch diffusion.Sampler(c.Sampler) {
	case diffusion.DDIM:
		m["eta"] = strconv.FormatFloat(c.Eta, 'g', -1, 64)
	case diffusion.DDPM:
		m["variance"] = c.variance(s)
	}
	return m
}
