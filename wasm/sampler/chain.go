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
	// Guidance is that of classifier-free guidance (Ho and Salimans 2022): out = null + Guidance (labelled - null). 0 and 1 mean none.
	Guidance float64
	// Begin is the state that the chain begins with, NCHW; x_T from the seed where it is nil. With Request.Depth it is a state in
	// the middle of the process: see Forward.
	Begin []float32
	// OneNoise gives every sample the noise of sample 0: pictures that begin apart then differ by that alone.
	OneNoise bool
	// Paint keeps a part of a picture; nil for none.
	Paint *Paint
	// Trace, where not nil, gives the noise instead of the seed: Trace(-1, x) fills x_T, Trace(k, z) the noise of step k; all samples, NCHW.
	Trace func(k int, out []float32)
}

// MaxCount bounds a batch.
const MaxCount = 4096

// Chain is a reverse chain under way. It is used by one goroutine at a time.
type Chain struct {
	d       *engine.Denoiser
	process *diffusion.Config
	cfg     Config
	plan    *diffusion.Plan
	script  []action
	k       int // steps done

	slots  []engine.Tensor // x, x_0's estimate, output, noise and the histories, by diffusion.Slot
	wide   engine.Tensor   // the network's whole output; also slots[Out], unless guidance makes that
	null   engine.Tensor   // the output for the null label, with guidance
	known  *known          // with Paint
	values []float32
	ts     []float64
}

// New starts a chain at x_T.
func New(d *engine.Denoiser, process *diffusion.Config, cfg Config) (*Chain, error) {
	c, err := prepare(d, process, cfg)
	if err != nil {
		return nil, err
	}
	if err := c.begin(); err != nil {
		c.Release()
		return nil, err
	}
	return c, nil
}

// begin writes the state that the chain begins with.
func (c *Chain) begin() error {
	if c.cfg.Begin != nil {
		return c.X().Write(c.cfg.Begin)
	}
	c.fill(-1, action{})
	for i, v := range c.values {
		c.values[i] = float32(c.plan.Start * float64(v))
	}
	return c.X().Write(c.values)
}

// prepare makes a chain without a state.
func prepare(d *engine.Denoiser, process *diffusion.Config, cfg Config) (*Chain, error) {
	plan, err := process.Plan(cfg.request())
	if err != nil {
		return nil, err
	}
	if err := check(d, plan, &cfg); err != nil {
		return nil, err
	}
	c := &Chain{d: d, process: process, cfg: cfg, plan: plan, script: script(plan, cfg.Paint), ts: make([]float64, cfg.Count)}
	c.values = make([]float32, d.InShape(cfg.Count).Len())
	if err := c.allocate(); err != nil {
		c.Release()
		return nil, err
	}
	return c, nil
}

// check reports a request that does not fit the network.
func check(d *engine.Denoiser, plan *diffusion.Plan, cfg *Config) error {
	if cfg.Count < 1 || cfg.Count > MaxCount {
		return errors.New("count must be from 1 to " + strconv.Itoa(MaxCount) + ", found " + strconv.Itoa(cfg.Count))
	}
	if cfg.First < 0 {
		return errors.New("the first sample's index must be 0 or more, found " + strconv.Itoa(cfg.First))
	}
	in, out := d.Net.InChannels, d.Net.OutChannels
	if out != in && out != 2*in {
		return errors.New("the network gives " + strconv.Itoa(out) + " channels for " + strconv.Itoa(in) + ": pictures need as many, or twice as many with a predicted variance")
	}
	if plan.Moves[0].Spread != nil && out != 2*in {
		return errors.New("the network does not predict its variance: take variance fixed_small or fixed_large")
	}
	if cfg.Depth > 0 && cfg.Begin == nil && cfg.Trace == nil {
		return errors.New("a chain from depth " + strconv.Itoa(cfg.Depth) + " needs a state to begin with")
	}
	if cfg.Begin != nil && len(cfg.Begin) != d.InShape(cfg.Count).Len() {
		return errors.New("the state to begin with has " + strconv.Itoa(len(cfg.Begin)) + " values, " + d.InShape(cfg.Count).String() + " has " + strconv.Itoa(d.InShape(cfg.Count).Len()))
	}
	if cfg.guided() && (d.Net.Classes == 0 || d.Net.NullLabel < 0) {
		return errors.New("guidance needs a model with classes and a label that stands for none of them")
	}
	if !(cfg.Guidance-cfg.Guidance == 0) {
		return errors.New("guidance must be a number")
	}
	return cfg.Paint.check(d, plan, cfg)
}

func (c *Config) guided() bool { return c.Guidance != 0 && c.Guidance != 1 }

// request is the request to plan. Guidance sends x_0's estimate beyond its clip at most steps, and ddim's noise then is that of a
// picture which was never estimated: pictures grow too bright, the more so the more steps. So it takes the noise from the clipped
// estimate, as ddpm's posterior mean and the solvers on x_0 do anyhow.
func (c *Config) request() diffusion.Request {
	r := c.Request
	r.FromClipped = r.FromClipped || c.guided() && r.Compat != diffusion.Diffusers
	return r
}

// allocate makes the chain's tensors.
func (c *Chain) allocate() (err error) {
	make1 := func(s engine.Shape) (t engine.Tensor) {
		if err == nil {
			t, err = c.d.Engine.NewTensor(s)
		}
		return t
	}
	in, out := c.d.InShape(c.cfg.Count), c.d.OutShape(c.cfg.Count)
	c.wide = make1(out)
	for i := range int(diffusion.History0) + c.plan.Histories {
		if diffusion.Slot(i) == diffusion.Out && !c.cfg.guided() {
			c.slots = append(c.slots, c.wide)
			continue
		}
		c.slots = append(c.slots, make1(in))
	}
	if c.cfg.guided() {
		c.null = make1(out)
	}
	if err == nil && c.cfg.Paint != nil {
		c.known, err = newKnown(c.d, c.cfg.Paint, c.cfg.Count)
	}
	return err
}

// fill puts the noise of step k (x_T for -1) into values.
func (c *Chain) fill(k int, a action) {
	if c.cfg.Trace != nil {
		c.cfg.Trace(k, c.values)
		return
	}
	stream, t := noise.Start, uint32(0)
	if k >= 0 {
		stream, t = a.stream(), c.plan.Moves[a.move].NoiseT
	}
	c.draw(stream, a.repeat, t)
}

// draw puts noise of every sample into values.
func (c *Chain) draw(stream noise.Stream, repeat uint8, t uint32) {
	size := len(c.values) / c.cfg.Count
	for i := range c.cfg.Count {
		sample := uint32(c.cfg.First + i)
		if c.cfg.OneNoise {
			sample = 0
		}
		noise.Repeated(c.values[i*size:][:size], c.cfg.Seed, stream, repeat, t, sample)
	}
}

// Steps is the length of the chain, Index the number of steps done.
func (c *Chain) Steps() int { return len(c.script) }

// Index is the number of steps done.
func (c *Chain) Index() int { return c.k }

// Done says whether the picture is finished.
func (c *Chain) Done() bool { return c.k == len(c.script) }

// Timestep is the timestep the next step leaves, rounded down where it is fractional; -1 when the chain is done.
func (c *Chain) Timestep() int {
	if c.Done() {
		return -1
	}
	return int(c.plan.Moves[c.script[c.k].move].T)
}

// Batch is how many samples the network is given at once: with guidance twice as many as there are pictures.
func (c *Chain) Batch() int {
	if c.cfg.guided() {
		return 2 * c.cfg.Count
	}
	return c.cfg.Count
}

// X is the state x_t; X0 the last step's estimate of x_0. Both belong to the chain.
func (c *Chain) X() engine.Tensor { return c.slots[diffusion.X] }

// X0 is the last step's estimate of x_0, zero before the first step.
func (c *Chain) X0() engine.Tensor { return c.slots[diffusion.X0] }

// Step does one step of the chain. It is an error to step a finished chain. After any error the state is that before the step
// or, on a lost device, gone: resume from a saved state.
func (c *Chain) Step(ctx context.Context) error {
	if c.Done() {
		return errors.New("the chain is finished")
	}
	a := c.script[c.k]
	m := &c.plan.Moves[a.move]
	if a.back {
		if err := c.goBack(a); err != nil {
			return err
		}
		c.k++
		return nil
	}
	if err := c.ask(ctx, m.T); err != nil {
		return err
	}
	if err := c.advance(ctx, m, a); err != nil {
		return err
	}
	c.k++
	return nil
}

// Release gives the chain's storage back.
func (c *Chain) Release() {
	list := append([]engine.Tensor{c.wide, c.null}, c.slots...)
	if c.known != nil {
		list = append(list, c.known.picture, c.known.mask, c.known.room)
	}
	for i, t := range list {
		if t != nil && (i == 0 || t != c.wide) {
			t.Release()
		}
	}
}
