package main

import (
	"context"
	"errors"
	"fmt"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/sampler"
)

// sharedCmd draws pictures that share a latent.
type sharedCmd struct {
	modelFlags
	chainFlags
	classFlags
	Depths []int  `default:"1000,750,500,250" help:"Timesteps at which the chain is frozen, a row each; those above the model's are its last."`
	N      int    `default:"8" help:"Pictures of each latent."`
	Seed   uint64 `default:"0" help:"Seed of the shared chain; the pictures' own are the next ones."`
	Out    string `required:"" placeholder:"PNG" help:"Picture to write, twice the size: a row each depth, first the estimate of x_0 at the frozen latent."`
}

// Help tells what the flags do not.
func (c *sharedCmd) Help() string {
	return `One chain is frozen at x_t and goes on N times with other noise (Ho et al. 2020, figure 7): what x_t has decided, the pictures share. A chain without noise would go on one way only: ddim takes eta 1 here unless told.

Example:
  sample shared --model digits.safetensors --out shared.png`
}

// Validate reports values outside their range.
func (c *sharedCmd) Validate() error {
	if c.N < 1 || c.N > maxSamples {
		return fmt.Errorf("--n must be from 1 to %d, found %d", maxSamples, c.N)
	}
	if len(c.Depths) == 0 {
		return errors.New("--depths must name one depth or more")
	}
	for _, d := range c.Depths {
		if d < 1 {
			return fmt.Errorf("--depths must be at least 1, found %d", d)
		}
	}
	switch diffusion.Sampler(c.Sampler) {
	case diffusion.DDIM:
		if c.Eta == 0 {
			c.Eta = 1
		}
	case diffusion.DDPM, diffusion.DPMppSDE, diffusion.EulerAncestral:
	default:
		return fmt.Errorf("--sampler %s adds no noise, so that all pictures would be one: take ddpm, ddim, dpmpp-sde or euler-ancestral", c.Sampler)
	}
	if len(c.Labels) > 1 {
		return errors.New("--labels takes one label here")
	}
	return errors.Join(c.modelFlags.check(), c.chainFlags.check())
}

// Run implements the command.
func (c *sharedCmd) Run(ctx context.Context, std stdio) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	steps, err := s.steps(c.request())
	if err != nil {
		return err
	}
	files, err := createOutputs([]string{c.Out}, c.Model)
	if err != nil {
		return err
	}
	defer files.discard()
	bar := newProgress(std.err, steps*(1+len(c.Depths)), c.Sampler)
	defer bar.close()
	grid := newRows(s.d.InShape(1), c.N+1, len(c.Depths))
	for row, depth := range c.Depths {
		if err := c.row(ctx, s, grid, row, min(depth, s.Process.TrainTimesteps), bar.step); err != nil {
			return err
		}
	}
	drawn, err := encode(grid.enlarged())
	if err == nil {
		err = files.commit(ctx, drawn)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: %d pictures of each of %d latents of %s\n", c.Out, c.N, len(c.Depths), s.title())
	return err
}

// row freezes the chain at a depth and goes on from there.
func (c *sharedCmd) row(ctx context.Context, s *session, grid *rows, row, depth int, after func()) error {
	chain, err := sampler.New(s.d, &s.Process, sampler.Config{Request: c.request(), Seed: c.Seed, Count: 1, Labels: c.Labels, Guidance: c.Guidance})
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name(), err)
	}
	defer chain.Release()
	for !chain.Done() && chain.Timestep() >= depth {
		if err := chain.Step(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.Name(), err)
		}
		after()
	}
	frozen, err := chain.State(ctx)
	if err != nil {
		return err
	}
	grid.put(row, 0, frozen.X0)
	r := c.request()
	r.Depth = depth
	labels, err := spread(c.Labels, c.N)
	if err != nil {
		return err
	}
	x, err := s.finishChain(ctx, sampler.Config{Request: r, Seed: c.Seed + 1, Count: c.N, Labels: labels, Guidance: c.Guidance, Begin: repeated(frozen.X, c.N)}, after)
	if err != nil {
		return err
	}
	grid.put(row, 1, x)
	return nil
}
