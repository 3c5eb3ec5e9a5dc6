package sampler

import (
	"context"
	"errors"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
)

// State is all a chain needs to go on elsewhere: the noise is counter-based, so a chain resumed from a State draws the
// same picture on the same engine.
type State struct {
	Config Config
	Index  int       // steps done
	X, X0  []float32 // NCHW
}

// State copies the chain's state out, waiting for the work issued so far.
func (c *Chain) State(ctx context.Context) (*State, error) {
	s := &State{Config: c.cfg, Index: c.k, X: make([]float32, len(c.values)), X0: make([]float32, len(c.values))}
	if err := c.x.Read(ctx, s.X); err != nil {
		return nil, err
	}
	return s, c.x0.Read(ctx, s.X0)
}

// Resume continues a chain from a state, on any engine.
func Resume(d *engine.Denoiser, process *diffusion.Config, s *State) (*Chain, error) {
	c, err := prepare(d, process, s.Config)
	if err != nil {
		return nil, err
	}
	if s.Index < 0 || s.Index > len(c.moves) || len(s.X) != len(c.values) || len(s.X0) != len(c.values) {
		c.Release()
		return nil, errors.New("the saved state (step " + strconv.Itoa(s.Index) + ", " + strconv.Itoa(len(s.X)) + " values) does not fit the chain")
	}
	c.k = s.Index
	if err := c.x.Write(s.X); err != nil {
		return nil, err
	}
	return c, c.x0.Write(s.X0)
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
	if err := c.d.Engine.Combine(f.x, 0, 0, term(1, c.x)); err != nil {
		return nil, err
	}
	return f, c.d.Engine.Combine(f.x0, 0, 0, term(1, c.x0))
}
