package main

import (
	"context"
	"errors"
	"fmt"

	"unnoise/wasm/sampler"
)

// interpolateCmd draws what lies between two pictures.
type interpolateCmd struct {
	modelFlags
	chainFlags
	classFlags
	Images []string `arg:"" help:"Two pictures."`
	Depths []int    `default:"125,250,500,750,1000" help:"Timesteps that the pictures are noised to, a row each; those above the model's are its last."`
	N      int      `default:"9" help:"Pictures of a row, lambda from 0 to 1."`
	Seed   uint64   `default:"0" help:"Seed of the noise, which is the same for all lambda."`
	Out    string   `required:"" placeholder:"PNG" help:"Picture to write, twice the size: a row each depth, the two pictures at its ends."`
}

// Help tells what the flags do not.
func (c *interpolateCmd) Help() string {
	return `Both pictures are noised to a depth, mixed as (1 - lambda) x_t + lambda x_t', and denoised (Ho et al. 2020, figures 8 and 9): the deeper, the freer.

Example:
  sample interpolate --model digits.safetensors --sampler ddpm three.png eight.png --out between.png`
}

// Validate reports values outside their range.
func (c *interpolateCmd) Validate() error {
	switch {
	case len(c.Images) != 2:
		return fmt.Errorf("interpolate takes two pictures, found %d", len(c.Images))
	case c.N < 2 || c.N > maxSamples:
		return fmt.Errorf("--n must be from 2 to %d, found %d", maxSamples, c.N)
	case len(c.Depths) == 0:
		return errors.New("--depths must name one depth or more")
	case len(c.Labels) > 1:
		return errors.New("--labels takes one label here")
	}
	for _, d := range c.Depths {
		if d < 1 {
			return fmt.Errorf("--depths must be at least 1, found %d", d)
		}
	}
	return errors.Join(c.modelFlags.check(), c.chainFlags.check())
}

// Run implements the command.
func (c *interpolateCmd) Run(ctx context.Context, std stdio) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	steps, err := s.steps(c.request())
	if err != nil {
		return err
	}
	list, err := s.readPictures(c.Images)
	if err != nil {
		return err
	}
	files, err := createOutputs([]string{c.Out}, append([]string{c.Model}, c.Images...)...)
	if err != nil {
		return err
	}
	defer files.discard()
	bar := newProgress(std.err, steps*len(c.Depths), c.Sampler)
	defer bar.close()
	a, b := values32(list[0]), values32(list[1])
	grid := newRows(s.d.InShape(1), c.N+2, len(c.Depths))
	for row, depth := range c.Depths {
		x, err := c.between(ctx, s, a, b, min(depth, s.Process.TrainTimesteps), bar.step)
		if err != nil {
			return err
		}
		grid.put(row, 0, a)
		grid.put(row, 1, x)
		grid.put(row, c.N+1, b)
	}
	drawn, err := encode(grid.enlarged())
	if err == nil {
		err = files.commit(ctx, drawn)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: %d pictures between %s and %s at each of %d depths\n", c.Out, c.N, c.Images[0], c.Images[1], len(c.Depths))
	return err
}

// between is a row: the mixtures at one depth, denoised with one noise.
func (c *interpolateCmd) between(ctx context.Context, s *session, a, b []float32, depth int, after func()) ([]float32, error) {
	r := c.request()
	r.Depth = depth
	plan, err := s.plan(r)
	if err != nil {
		return nil, err
	}
	lambdas := make([]float64, c.N)
	for i := range lambdas {
		lambdas[i] = float64(i) / float64(c.N-1)
	}
	labels, err := spread(c.Labels, c.N)
	if err != nil {
		return nil, err
	}
	return s.finishChain(ctx, sampler.Config{Request: r, Seed: c.Seed, Count: c.N, Labels: labels, Guidance: c.Guidance, OneNoise: true,
		Begin: sampler.Between(a, b, lambdas, plan.AlphaBar, c.Seed, depth)}, after)
}
