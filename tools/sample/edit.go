package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"unnoise/wasm/picture/resize"
	"unnoise/wasm/sampler"
)

// startFlags say which pictures to draw from a given one.
type startFlags struct {
	Image string `arg:"" help:"Picture to start from."`
	N     int    `default:"8" help:"Pictures to draw."`
	First int    `default:"0" help:"Index of the first: picture 11 is the same alone and among others."`
	Seed  uint64 `default:"0" help:"Seed of all noise."`
	Out   string `required:"" placeholder:"PNG" help:"Picture to write, twice the size: the given one, then the drawn ones."`
}

func (f *startFlags) check() error {
	if f.N < 1 || f.N > maxSamples {
		return fmt.Errorf("--n must be from 1 to %d, found %d", maxSamples, f.N)
	}
	if f.First < 0 || int64(f.First)+int64(f.N) > math.MaxUint32 {
		return fmt.Errorf("--first must be from 0 to %d, found %d", uint32(math.MaxUint32)-uint32(f.N), f.First)
	}
	return nil
}

// editCmd starts from a picture in the middle of the process.
type editCmd struct {
	modelFlags
	chainFlags
	classFlags
	startFlags
	Depth int `default:"500" help:"Timestep that the picture is noised to: deeper leaves less of it."`
}

// Help tells what the flags do not.
func (c *editCmd) Help() string {
	return `SDEdit (Meng et al. 2022): the picture is noised to a depth and denoised; what was coarse stays, what was fine is the model's.

Example:
  sample edit --model digits.safetensors --sampler ddpm --depth 400 scribble.png --out edited.png`
}

// Validate reports values outside their range.
func (c *editCmd) Validate() error {
	labels, err := spread(c.Labels, c.N)
	c.Labels = labels
	if c.Depth < 1 {
		return fmt.Errorf("--depth must be at least 1, found %d", c.Depth)
	}
	return errors.Join(err, c.modelFlags.check(), c.chainFlags.check(), c.startFlags.check())
}

// Run implements the command.
func (c *editCmd) Run(ctx context.Context, std stdio) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	r := c.request()
	r.Depth = c.Depth
	plan, err := s.plan(r)
	if err != nil {
		return err
	}
	levels, err := s.readPicture(c.Image)
	if err != nil {
		return err
	}
	x0 := values32(levels)
	cfg := func(first, count int) sampler.Config {
		return sampler.Config{Request: r, Seed: c.Seed, Count: count, First: c.First + first, Labels: slice(c.Labels, first, count), Guidance: c.Guidance,
			Begin: sampler.Forward(repeated(x0, count), count, plan.AlphaBar, c.Seed, c.Depth, c.First+first)}
	}
	return c.draw(ctx, std, s, c.Sampler, x0, nil, cfg, c.Model)
}

// draw draws every picture with its chain and writes them beside the given one; shown, where not nil, stands second.
func (f *startFlags) draw(ctx context.Context, std stdio, s *session, what string, given, shown []float32, cfg func(first, count int) sampler.Config, inputs ...string) error {
	files, err := createOutputs([]string{f.Out}, append(inputs, f.Image)...)
	if err != nil {
		return err
	}
	defer files.discard()
	size := s.batch()
	steps, err := s.chainSteps(cfg(0, 1))
	if err != nil {
		return err
	}
	bar := newProgress(std.err, steps*((f.N+size-1)/size), what)
	defer bar.close()
	lead := 1
	if shown != nil {
		lead = 2
	}
	grid := newRows(s.d.InShape(1), f.N+lead, 1)
	grid.put(0, 0, given)
	if shown != nil {
		grid.put(0, 1, shown)
	}
	for first := 0; first < f.N; first += size {
		x, err := s.finishChain(ctx, cfg(first, min(size, f.N-first)), bar.step)
		if err != nil {
			return err
		}
		grid.put(0, lead+first, x)
	}
	drawn, err := encode(grid.enlarged())
	if err == nil {
		err = files.commit(ctx, drawn)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: %d pictures from %s, %d steps of %s\n", f.Out, f.N, f.Image, steps, what)
	return err
}

// inpaintCmd draws the rest of a picture.
type inpaintCmd struct {
	modelFlags
	chainFlags
	classFlags
	startFlags
	Mask    string `required:"" placeholder:"PNG" help:"Picture of the model's size: white is drawn, black is kept."`
	Jump    int    `default:"10" help:"Steps that are done again together."`
	Repeats int    `default:"10" help:"Times that every step is done; 1 repeats none."`
}

// Help tells what the flags do not.
func (c *inpaintCmd) Help() string {
	return `RePaint (Lugmayr et al. 2022): in every step the kept part is that of the noised picture, and steps are done again so that both parts come to agree. Takes samplers that remember nothing: ddpm, ddim, euler, euler-ancestral.

Example:
  sample inpaint --model digits.safetensors --sampler ddpm --steps 250 --mask mask.png five.png --out whole.png`
}

// Validate reports values outside their range.
func (c *inpaintCmd) Validate() error {
	labels, err := spread(c.Labels, c.N)
	c.Labels = labels
	switch {
	case c.Jump < 1:
		return fmt.Errorf("--jump must be at least 1, found %d", c.Jump)
	case c.Repeats < 1 || c.Repeats > math.MaxUint8:
		return fmt.Errorf("--repeats must be from 1 to %d, found %d", math.MaxUint8, c.Repeats)
	}
	return errors.Join(err, c.modelFlags.check(), c.chainFlags.check(), c.startFlags.check())
}

// Run implements the command.
func (c *inpaintCmd) Run(ctx context.Context, std stdio) error {
	s, err := c.openPictures(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	levels, err := s.readPicture(c.Image)
	if err != nil {
		return err
	}
	p, err := readImage(c.Mask)
	if err != nil {
		return err
	}
	mask, err := resize.Mask(s.size(), p)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Mask, err)
	}
	x0 := values32(levels)
	cfg := func(first, count int) sampler.Config {
		return sampler.Config{Request: c.request(), Seed: c.Seed, Count: count, First: c.First + first, Labels: slice(c.Labels, first, count), Guidance: c.Guidance,
			Paint: &sampler.Paint{Picture: x0, Mask: mask, Jump: c.Jump, Repeats: c.Repeats}}
	}
	return c.draw(ctx, std, s, c.Sampler, x0, masked(x0, mask), cfg, c.Model, c.Mask)
}

// masked is a picture whose drawn part is grey.
func masked(x0, mask []float32) []float32 {
	out := make([]float32, len(x0))
	for i, v := range x0 {
		out[i] = v * mask[i%len(mask)]
	}
	return out
}
