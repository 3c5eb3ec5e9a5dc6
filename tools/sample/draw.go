package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/draw"
	"math"
	"time"

	"unnoise/wasm/sampler"
)

// drawCmd draws samples into a grid.
type drawCmd struct {
	modelFlags
	chainFlags
	classFlags
	Seed  uint64 `default:"0" help:"Seed of all noise: the same seed draws the same pictures."`
	N     int    `default:"16" help:"Number of samples."`
	First int    `default:"0" help:"Index of the first sample: sample 11 is the same alone and among others."`
	Out   string `required:"" placeholder:"PNG" help:"Grid of samples to write, without borders, ceil(sqrt(n)) in a row."`
	Strip string `placeholder:"PNG" help:"Also write the chains of the first 4 samples: x_t above the estimate of x_0, at most 12 steps, twice the size."`
	JSON  bool   `name:"json" help:"Print what was done as JSON; ms_per_step is for all samples together."`
}

// Validate reports values outside their range.
func (c *drawCmd) Validate() error {
	if c.N < 1 || c.N > maxSamples {
		return fmt.Errorf("--n must be from 1 to %d, found %d", maxSamples, c.N)
	}
	if c.First < 0 || int64(c.First)+int64(c.N) > math.MaxUint32 {
		return fmt.Errorf("--first must be from 0 to %d, found %d", uint32(math.MaxUint32)-uint32(c.N), c.First)
	}
	labels, err := spread(c.Labels, c.N)
	c.Labels = labels
	return errors.Join(err, c.modelFlags.check(), c.chainFlags.check())
}

// drawing is a grid under way.
type drawing struct {
	*drawCmd
	s     *session
	steps int
	bar   *progress
	grid  draw.Image
	strip *strip // nil where none is asked for
}

// Run implements the command.
func (c *drawCmd) Run(ctx context.Context, std stdio) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	steps, err := s.steps(c.request())
	if err != nil {
		return err
	}
	files, err := createOutputs([]string{c.Out, c.Strip}, c.Model)
	if err != nil {
		return err
	}
	defer files.discard()
	d := &drawing{drawCmd: c, s: s, steps: steps, grid: newGrid(s.d.InShape(1), c.N)}
	if c.Strip != "" {
		d.strip = newStrip(s.d.InShape(1), c.N, steps)
	}
	start := time.Now()
	if err := d.all(ctx, std); err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	if err := d.write(ctx, files); err != nil {
		return err
	}
	return d.report(std, seconds)
}

// all draws every sample, as many at a time as fit.
func (d *drawing) all(ctx context.Context, std stdio) error {
	size := d.s.batch()
	d.bar = newProgress(std.err, d.steps*((d.N+size-1)/size), d.Sampler)
	defer d.bar.close()
	for first := 0; first < d.N; first += size {
		if err := d.chain(ctx, first, min(size, d.N-first)); err != nil {
			return err
		}
	}
	return nil
}

// chain draws count samples, from number first of the grid on.
func (d *drawing) chain(ctx context.Context, first, count int) error {
	c, err := sampler.New(d.s.d, &d.s.Process, sampler.Config{Request: d.request(), Seed: d.Seed, Count: count, First: d.First + first,
		Labels: slice(d.Labels, first, count), Guidance: d.Guidance})
	if err != nil {
		return fmt.Errorf("%s: %w", d.s.Name(), err)
	}
	defer c.Release()
	shape := d.s.d.InShape(count)
	x, x0 := make([]float32, shape.Len()), make([]float32, shape.Len())
	for !c.Done() {
		if err := c.Step(ctx); err != nil {
			return fmt.Errorf("%s: %w", d.s.Name(), err)
		}
		if err := d.film(ctx, c, first, x, x0); err != nil {
			return err
		}
		d.bar.step()
	}
	if err := c.X().Read(ctx, x); err != nil {
		return err
	}
	return d.place(first, x)
}

// film adds the chain's state to the strip where it is to be shown; x and x0 are room for it.
func (d *drawing) film(ctx context.Context, c *sampler.Chain, first int, x, x0 []float32) error {
	if d.strip == nil || first >= d.strip.samples {
		return nil
	}
	column := d.strip.column(c.Index())
	if column < 0 {
		return nil
	}
	if err := errors.Join(c.X().Read(ctx, x), c.X0().Read(ctx, x0)); err != nil {
		return err
	}
	d.strip.add(column, first, x, x0)
	return nil
}

// place paints finished samples (NCHW) from number first on. A level hides what is not a number, so that is refused.
func (d *drawing) place(first int, x []float32) error {
	shape := d.s.d.InShape(1)
	for i := 0; i*shape.Len() < len(x); i++ {
		values := x[i*shape.Len():][:shape.Len()]
		if !finite(values) {
			return fmt.Errorf("%s: sample %d is not a number: the weights overflow float32 or are damaged", d.s.Name(), d.First+first+i)
		}
		paint(d.grid, cell(shape, d.N, first+i), shape, values)
	}
	return nil
}

func finite(values []float32) bool {
	for _, v := range values {
		if v-v != 0 {
			return false
		}
	}
	return true
}

func (d *drawing) write(ctx context.Context, files outputs) error {
	grid, err := encode(d.grid)
	if err != nil || d.strip == nil {
		return errors.Join(err, files.commit(ctx, grid))
	}
	film, err := encode(d.strip.enlarged())
	if err != nil {
		return err
	}
	return files.commit(ctx, grid, film)
}

// summary is what --json prints. Times are of the chains alone, without reading the pack.
type summary struct {
	Model     string  `json:"model"` // the pack's id
	Name      string  `json:"name"`
	Sampler   string  `json:"sampler"`
	Steps     int     `json:"steps"`
	Eta       float64 `json:"eta"`
	Variance  string  `json:"variance,omitempty"` // of ddpm
	Seed      uint64  `json:"seed"`
	First     int     `json:"first"`
	N         int     `json:"n"`
	Labels    []int   `json:"labels,omitempty"`
	Engine    string  `json:"engine"`
	Adapter   string  `json:"adapter"`
	Precision string  `json:"precision"`
	Seconds   float64 `json:"seconds"`
	MsPerStep float64 `json:"ms_per_step"` // of all samples together
	Out       string  `json:"out"`
	Strip     string  `json:"strip,omitempty"`
}

func (d *drawing) report(std stdio, seconds float64) error {
	ms := seconds * 1000 / float64(d.steps)
	if !d.JSON {
		_, err := fmt.Fprintf(std.out, "%s: %d samples of %s, %s in %d steps, seed %d: %.1f s, %.1f ms a step on %s\n",
			d.Out, d.N, d.s.title(), d.Sampler, d.steps, d.Seed, seconds, ms, d.s.info.Adapter)
		return err
	}
	sum := summary{Model: d.s.ID(), Name: d.s.title(), Sampler: d.Sampler, Steps: d.steps, Eta: d.Eta, Variance: d.variance(d.s), Seed: d.Seed, First: d.First, N: d.N,
		Labels: d.Labels, Engine: d.s.info.Engine, Adapter: d.s.info.Adapter, Precision: d.s.info.Precision, Seconds: seconds, MsPerStep: ms, Out: d.Out, Strip: d.Strip}
	return json.NewEncoder(std.out).Encode(sum)
}
