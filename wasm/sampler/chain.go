// Package sampler runs reverse chains: a Chain is a value with a state, one Step at a time, that can be forked, saved
// and resumed. It runs on any engine.
package sampler

import (
	"context"
	"errors"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/noise"
)

// Config asks for a chain.
type Config struct {
	diffusion.Request
	Seed   uint64
	Count  int   // samples drawn together
	First  int   // index of the first sample: sample i of a batch equals sample i alone
	Labels []int // one a sample, or none
	// Trace, where not nil, gives the noise instead of the seed: Trace(-1, x) fills x_T, Trace(k, z) the noise of step k; all samples, NCHW.
	Trace func(k int, out []float32)
}

// maxCount bounds a batch.
const maxCount = 4096

// Chain is a reverse chain under way. It is used by one goroutine at a time.
type Chain struct {
	d       *engine.Denoiser
	process *diffusion.Config
	cfg     Config
	moves   []diffusion.Move
	k       int // steps done

	x, x0, out, z engine.Tensor
	values        []float32
	ts            []float64
}

// New starts a chain at x_T.
func New(d *engine.Denoiser, process *diffusion.Config, cfg Config) (*Chain, error) {
	c, err := prepare(d, process, cfg)
	if err != nil {
		return nil, err
	}
	c.fill(-1)
	return c, c.x.Write(c.values)
}

// prepare makes a chain without a state.
func prepare(d *engine.Denoiser, process *diffusion.Config, cfg Config) (*Chain, error) {
	if cfg.Count < 1 || cfg.Count > maxCount {
		return nil, errors.New("count must be from 1 to " + strconv.Itoa(maxCount) + ", found " + strconv.Itoa(cfg.Count))
	}
	if cfg.First < 0 {
		return nil, errors.New("the first sample's index must be 0 or more, found " + strconv.Itoa(cfg.First))
	}
	if d.Net.OutChannels != d.Net.InChannels {
		return nil, errors.New("the network also predicts its variance (" + strconv.Itoa(d.Net.OutChannels) + " outputs for " + strconv.Itoa(d.Net.InChannels) + " channels): sampling with learned variance is not supported")
	}
	moves, err := process.Moves(cfg.Request)
	if err != nil {
		return nil, err
	}
	c := &Chain{d: d, process: process, cfg: cfg, moves: moves, ts: make([]float64, cfg.Count)}
	shape := d.InShape(cfg.Count)
	c.values = make([]float32, shape.Len())
	for _, t := range []*engine.Tensor{&c.x, &c.x0, &c.out, &c.z} {
		if *t, err = d.Engine.NewTensor(shape); err != nil {
			c.Release()
			return nil, err
		}
	}
	return c, nil
}

// fill puts the noise of step k (x_T for -1) into values.
func (c *Chain) fill(k int) {
	if c.cfg.Trace != nil {
		c.cfg.Trace(k, c.values)
		return
	}
	stream, t := noise.Start, uint32(0)
	if k >= 0 {
		stream, t = noise.StepNoise, uint32(c.moves[k].T)
	}
	size := len(c.values) / c.cfg.Count
	for i := range c.cfg.Count {
		noise.Normals(c.values[i*size:][:size], c.cfg.Seed, stream, t, uint32(c.cfg.First+i))
	}
}

// Steps is the length of the chain, Index the number of steps done.
func (c *Chain) Steps() int { return len(c.moves) }

// Index is the number of steps done.
func (c *Chain) Index() int { return c.k }

// Done says whether the picture is finished.
func (c *Chain) Done() bool { return c.k == len(c.moves) }

// Timestep is the timestep the next step leaves; -1 when the chain is done.
func (c *Chain) Timestep() int {
	if c.Done() {
		return -1
	}
	return c.moves[c.k].T
}

// X is the state x_t; X0 the last step's estimate of x_0. Both belong to the chain.
func (c *Chain) X() engine.Tensor { return c.x }

// X0 is the last step's estimate of x_0, zero before the first step.
func (c *Chain) X0() engine.Tensor { return c.x0 }

// Step does one step of the chain. It is an error to step a finished chain. After any error the state is that before the step
// or, on a lost device, gone: resume from a saved state.
func (c *Chain) Step(ctx context.Context) error {
	if c.Done() {
		return errors.New("the chain is finished")
	}
	m := c.moves[c.k]
	for i := range c.ts {
		c.ts[i] = float64(m.T)
	}
	if err := c.d.Denoise(ctx, c.out, c.x, c.ts, c.cfg.Labels); err != nil {
		return err
	}
	if err := c.advance(m.Step); err != nil {
		return err
	}
	c.k++
	return nil
}

// advance computes x_0's estimate and the next state.
func (c *Chain) advance(s diffusion.Step) error {
	err := c.d.Engine.Combine(c.x0, 0, float32(c.process.Clip), term(s.X0.X, c.x), term(s.X0.Out, c.out))
	if err != nil {
		return err
	}
	terms := []engine.Term{term(s.OfX0, c.x0), term(s.OfX, c.x), term(s.OfOut, c.out)}
	if s.Noise != 0 {
		c.fill(c.k)
		if err := c.z.Write(c.values); err != nil {
			return err
		}
		terms = append(terms, term(s.Noise, c.z))
	}
	return c.d.Engine.Combine(c.x, 0, 0, nonzero(terms)...)
}

func term(coef float64, t engine.Tensor) engine.Term { return engine.Term{Coef: float32(coef), T: t} }

// nonzero drops terms without weight, so that an output that does not count cannot spoil the state. One term stays.
func nonzero(terms []engine.Term) []engine.Term {
	kept := terms[:0]
	for _, t := range terms {
		if t.Coef != 0 {
			kept = append(kept, t)
		}
	}
	if len(kept) == 0 {
		return terms[:1]
	}
	return kept
}

// Release gives the chain's storage back.
func (c *Chain) Release() {
	for _, t := range []engine.Tensor{c.x, c.x0, c.out, c.z} {
		if t != nil {
			t.Release()
		}
	}
}
