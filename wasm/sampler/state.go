package sampler

import (
	"context"
	"errors"
	"math"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/noise"
)

// State is all a chain needs to go on elsewhere: the noise is counter-based, so a chain resumed from a State draws the
// same picture on the same engine.
type State struct {
	Config    Config
	Index     int         // steps done
	X, X0     []float32   // NCHW
	Histories [][]float32 // what a multistep sampler remembers, NCHW
}

// kept are the tensors that make up the state.
func (c *Chain) kept() []engine.Tensor {
	return append([]engine.Tensor{c.X(), c.X0()}, c.slots[diffusion.History0:]...)
}

// State copies the chain's state out, waiting for the work issued so far.
func (c *Chain) State(ctx context.Context) (*State, error) {
	return c.Fetch().Wait(ctx)
}

// Fetch is a state on its way out of the engine.
type Fetch struct {
	state   *State
	fetches []engine.Fetch
	err     error
}

// Fetch issues a copy of the chain's state as it is now; the chain may go on before it is there. It must be waited for.
func (c *Chain) Fetch() *Fetch {
	f := &Fetch{state: &State{Config: c.cfg, Index: c.k}}
	var list [][]float32
	for _, t := range c.kept() {
		v := make([]float32, len(c.values))
		one, err := t.Fetch(v)
		if err != nil {
			f.err = err
			return f
		}
		list, f.fetches = append(list, v), append(f.fetches, one)
	}
	f.state.X, f.state.X0, f.state.Histories = list[0], list[1], list[2:]
	return f
}

// Wait blocks until the state is there. It may be called from a goroutine of its own.
func (f *Fetch) Wait(ctx context.Context) (*State, error) {
	err := engine.AwaitAll(ctx, f.fetches...)
	if f.err != nil {
		err = f.err
	}
	if err != nil {
		return nil, err
	}
	return f.state, nil
}

// Resume continues a chain from a state, on any engine.
func Resume(d *engine.Denoiser, process *diffusion.Config, s *State) (*Chain, error) {
	c, err := prepare(d, process, s.Config)
	if err != nil {
		return nil, err
	}
	list := append([][]float32{s.X, s.X0}, s.Histories...)
	fits := s.Index >= 0 && s.Index <= len(c.script) && len(list) == len(c.kept())
	for _, v := range list {
		fits = fits && len(v) == len(c.values)
	}
	if !fits {
		c.Release()
		return nil, errors.New("the saved state (step " + strconv.Itoa(s.Index) + ", " + strconv.Itoa(len(s.X)) + " values) does not fit the chain")
	}
	c.k = s.Index
	for i, t := range c.kept() {
		if err := t.Write(list[i]); err != nil {
			c.Release()
			return nil, err
		}
	}
	return c, nil
}

// Fork starts a second chain from the present state with another seed (Ho et al. 2020, figure 7). A chain without noise (ddim, eta 0)
// forks into its own copy.
func (c *Chain) Fork(seed uint64) (*Chain, error) {
	cfg := c.cfg
	cfg.Seed = seed
	f, err := prepare(c.d, c.process, cfg)
	if err != nil {
		return nil, err
	}
	f.k = c.k
	to := f.kept()
	for i, t := range c.kept() {
		if err := c.d.Engine.Combine(to[i], 0, 0, term(1, t)); err != nil {
			f.Release()
			return nil, err
		}
	}
	return f, nil
}

// Forward noises a batch of pictures x_0 (NCHW) to the level alphaBar: q(x_t given x_0) (equation 4), sample first+i with its
// own noise of the seed, named by depth.
func Forward(x0 []float32, count int, alphaBar float64, seed uint64, depth, first int) []float32 {
	z, size := make([]float32, len(x0)), len(x0)/count
	for i := range count {
		noise.Normals(z[i*size:][:size], seed, noise.ForwardNoise, uint32(depth), uint32(first+i))
	}
	signal, spread := math.Sqrt(alphaBar), math.Sqrt(1-alphaBar)
	for i := range z {
		z[i] = float32(signal*float64(x0[i]) + spread*float64(z[i]))
	}
	return z
}
