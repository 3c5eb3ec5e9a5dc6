package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/likelihood"
	"unnoise/wasm/picture"
)

// nllCmd computes the variational bound of pictures.
type nllCmd struct {
	modelFlags
	Images    []string `arg:"" help:"Pictures (PNG, JPEG, GIF, WebP, BMP). Those of the model's size are used untouched; others are cropped around the middle and resized."`
	Draws     int      `default:"2" help:"Noise draws of every term; one tells of no standard error."`
	Timesteps int      `placeholder:"N" help:"Estimate from the first 21 timesteps and N others a draw, one at random from each of N equal stretches; all timesteps otherwise."`
	Variance  string   `enum:",fixed_small,fixed_large,learned,learned_range" default:"" placeholder:"NAME" help:"Variance of the reverse steps: fixed_small, fixed_large, learned or learned_range; the pack's otherwise."`
	Raw       bool     `help:"Do not clip the estimate of x_0."`
	Label     int      `default:"-1" help:"Class label of the pictures; -1 for none."`
	Seed      uint64   `default:"0" help:"Seed of the noise."`
	AllTerms  bool     `help:"Print a line for every timestep, not a selection."`
	Plot      string   `placeholder:"FILE" help:"Also draw the terms by timestep: SVG where the name ends in .svg, else PNG."`
	JSON      bool     `name:"json" help:"Print JSON alone: an array with image, bits_per_dim, standard_error and terms."`
}

// Help tells what the flags do not.
func (c *nllCmd) Help() string {
	return `Bits per dimension of the variational bound (Ho et al. 2020, equation 5): L_T, every L_{t-1} and L_0 with the discretised decoder, with the mean squared errors of eps and x_0 beside them. The standard error is that of the noise draws; below the table, that of the mean over the pictures.

Example:
  sample nll --model digits.safetensors --draws 4 --plot terms.svg five.png seven.png`
}

// Validate reports values outside their range.
func (c *nllCmd) Validate() error {
	switch {
	case c.Draws < 1 || c.Draws > 255:
		return fmt.Errorf("--draws must be from 1 to 255, found %d", c.Draws)
	case c.Timesteps < 0:
		return fmt.Errorf("--timesteps must be at least 1, found %d", c.Timesteps)
	case c.Label < -1:
		return fmt.Errorf("--label must be a class or -1, found %d", c.Label)
	}
	return c.modelFlags.check()
}

// bound is a picture's result.
type bound struct {
	image string
	*likelihood.Estimate
}

// Run implements the command.
func (c *nllCmd) Run(ctx context.Context, std stdio) error {
	list, err := c.estimates(ctx, std, func(title string, list []bound) ([]byte, error) { return plotTerms(c.Plot, title, list) })
	if err != nil {
		return err
	}
	if c.JSON {
		return printBoundsJSON(std.out, list)
	}
	return c.print(std.out, list)
}

// estimates computes the pictures' bounds and, where a plot is asked for, writes what plotted makes of them.
func (c *nllCmd) estimates(ctx context.Context, std stdio, plotted func(title string, list []bound) ([]byte, error)) ([]bound, error) {
	s, err := c.openPictures(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	pictures, err := s.readPictures(c.Images)
	if err != nil {
		return nil, err
	}
	b, err := c.bound(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name(), err)
	}
	defer b.Release()
	files, err := createOutputs([]string{c.Plot}, append([]string{c.Model}, c.Images...)...)
	if err != nil {
		return nil, err
	}
	defer files.discard()
	list, err := c.all(ctx, std, s, b, pictures)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name(), err)
	}
	if c.Plot == "" {
		return list, nil
	}
	drawn, err := plotted(s.title(), list)
	if err == nil {
		err = files.commit(ctx, drawn)
	}
	return list, err
}

// bound prepares the model's bound and checks what is asked of it.
func (c *nllCmd) bound(s *session) (*likelihood.Bound, error) {
	if c.Label >= 0 && s.Net.Classes == 0 {
		return nil, errors.New("has no classes, but a label was given")
	}
	b, err := likelihood.New(s.d, &s.Process, likelihood.Options{Variance: diffusion.Variance(c.Variance), Raw: c.Raw, Label: c.Label})
	if err != nil {
		return nil, err
	}
	p := c.plan(s, 0)
	return b, p.Check(b.T())
}

func (c *nllCmd) plan(s *session, index int) likelihood.Plan {
	return likelihood.Plan{Draws: c.Draws, Strata: c.Timesteps, Seed: c.Seed, Index: index, Batch: s.batch()}
}

// all computes every picture's bound.
func (c *nllCmd) all(ctx context.Context, std stdio, s *session, b *likelihood.Bound, pictures [][]uint8) ([]bound, error) {
	calls := b.T()
	if c.Timesteps > 0 {
		calls = 21 + c.Timesteps
	}
	batch := s.batch()
	bar := newProgress(std.err, len(pictures)*c.Draws*((calls+batch-1)/batch), "bound")
	defer bar.close()
	var list []bound
	for i, levels := range pictures {
		e, err := b.Estimate(ctx, picture.Values(levels), c.plan(s, i), bar.step)
		if err != nil {
			return nil, err
		}
		if math.IsNaN(e.Total) || math.IsInf(e.Total, 0) {
			return nil, errors.New("the bound is not a number: the weights overflow float32 or are damaged")
		}
		list = append(list, bound{c.Images[i], e})
	}
	return list, nil
}

// termJSON is one term; the terms' bits_per_dim add up to the bound.
type termJSON struct {
	Term   string   `json:"term"`
	T      int      `json:"t"` // timestep counted from 0; the paper's is one more
	Bits   float64  `json:"bits_per_dim"`
	Error  *float64 `json:"standard_error"` // null with one draw
	EpsMSE *float64 `json:"eps_mse,omitempty"`
	X0MSE  *float64 `json:"x0_mse,omitempty"`
	Clip   *float64 `json:"x0_mse_clipped,omitempty"`
}

type boundJSON struct {
	Image string     `json:"image"`
	Bits  float64    `json:"bits_per_dim"`
	Error *float64   `json:"standard_error"` // null with one draw
	Terms []termJSON `json:"terms"`
}

func printBoundsJSON(w io.Writer, list []bound) error {
	out := []boundJSON{}
	for _, b := range list {
		one := boundJSON{Image: b.image, Bits: b.Total, Terms: []termJSON{{Term: "L_T", T: len(b.Terms), Bits: b.Prior, Error: new(0.0)}}}
		for t := len(b.Terms) - 1; t >= 0; t-- {
			if b.Visits[t] == 0 {
				continue
			}
			x := b.Terms[t]
			j := termJSON{Term: termName(t), T: t, Bits: b.Shares[t], EpsMSE: &x.EpsMSE, X0MSE: &x.X0MSE, Clip: &x.X0MSEClip}
			if b.Visits[t] > 1 {
				j.Error = &b.Errors[t]
			}
			one.Terms = append(one.Terms, j)
		}
		if b.Visits[0] > 1 {
			one.Error = &b.StandardError
		}
		out = append(out, one)
	}
	return json.NewEncoder(w).Encode(out)
}

// termName is the paper's name of the term of timestep t, whose own timesteps are counted from 1.
func termName(t int) string {
	if t == 0 {
		return "L_0"
	}
	return fmt.Sprintf("L_%d", t)
}
