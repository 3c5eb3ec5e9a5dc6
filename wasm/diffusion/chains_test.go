package diffusion_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"unnoise/kernels"
	"unnoise/wasm/diffusion"
	"unnoise/wasm/goldens"
	"unnoise/wasm/goldens/chains"
)

// TestChains runs every reference chain of a sampler in float64, as the references' README asks: 1e-6 of the largest value.
func TestChains(t *testing.T) {
	for _, name := range chains.Names(t) {
		t.Run(name, func(t *testing.T) {
			c := chains.Open(t, name)
			mustPass(t, c)
			if c.Has("x_final_without_noise") { // a fault of the library, which it can be asked to have
				c.Request.Compat, c.Compat = diffusion.Diffusers, true
				mustPass(t, c)
			}
		})
	}
}

func mustPass(t *testing.T, c *chains.Case) {
	t.Helper()
	if err := run(c); err != nil {
		t.Error(err)
	}
}

// TestChainsSeeFaults: the mistakes of the references' README, each of which must show.
func TestChainsSeeFaults(t *testing.T) {
	for what, f := range map[string]struct {
		chain string
		plant func(c *chains.Case)
	}{
		"small variance":       {"ddpm-fixed_large-10", func(c *chains.Case) { c.Config.Variance = diffusion.FixedSmall }},
		"learned ignored":      {"ddpm-learned_range-10", func(c *chains.Case) { c.Config.Variance = diffusion.FixedSmall }},
		"no clipping":          {"ddpm-fixed_small-10", func(c *chains.Case) { c.Config.Clip = 0 }},
		"noise at the end":     {"ddpm-fixed_large-trailing-10", func(c *chains.Case) { c.Request.Compat = diffusion.Diffusers; c.Compat = false }},
		"clip, not threshold":  {"ddpm-threshold-10", func(c *chains.Case) { c.Config.Threshold = 0 }},
		"no largest threshold": {"ddpm-threshold-10", func(c *chains.Case) { c.Config.ThresholdMax = 100 }},
		"eta 0":                {"ddim-leading-eta0.5-10", func(c *chains.Case) { c.Request.Eta = 0 }},
		"alphaBar_0 ignored":   {"ddim-alpha0-trailing-eta0.5-10", func(c *chains.Case) { c.Config.FinalAlphaBar0 = false }},
		"eps from clipped":     {"ddim-leading-eta0.5-10", func(c *chains.Case) { c.Request.FromClipped = true }},
		"order 1":              {"dpmpp-2-midpoint-20", func(c *chains.Case) { c.Request.Order = 1 }},
		"heun":                 {"dpmpp-2-midpoint-20", func(c *chains.Case) { c.Request.Type = "heun" }},
		"order 2":              {"dpmpp-3-midpoint-20", func(c *chains.Case) { c.Request.Order = 2 }},
		"order kept":           {"dpmpp-3-midpoint-10", func(c *chains.Case) { c.Request.HighOrderFinal = true }},
		"no sde":               {"dpmpp-sde-2-10", func(c *chains.Case) { c.Request.Sampler = diffusion.DPMpp }},
		"no karras":            {"euler-karras-10", func(c *chains.Case) { c.Request.Karras = false }},
		"bh2":                  {"unipc-bh1-2-20", func(c *chains.Case) { c.Request.Type = "bh2" }},
		"bh1":                  {"unipc-bh2-2-20", func(c *chains.Case) { c.Request.Type = "bh1" }},
		"unipc, order 3":       {"unipc-bh1-2-20", func(c *chains.Case) { c.Request.Order = 3 }},
		"not ancestral":        {"euler-ancestral-leading-10", func(c *chains.Case) { c.Request.Sampler = diffusion.Euler }},
	} {
		c := chains.Open(t, f.chain)
		f.plant(c)
		if err := run(c); err == nil {
			t.Errorf("%s: %s passes", what, f.chain)
		}
	}
}

// Where the model clips x_0's estimate every sampler does, unless it is to do as the diffusers library: a bound that nothing reaches changes
// nothing, one that much is beyond does.
func TestSolversClip(t *testing.T) {
	for _, name := range chains.Names(t) {
		c := chains.Open(t, name)
		if s := c.Request.Sampler; s == diffusion.DDPM || s == diffusion.DDIM || c.Config.Threshold > 0 {
			continue
		}
		c.Config.Clip = 1e6
		if err := run(c); err != nil {
			t.Errorf("%s, with a far bound: %v", name, err)
		}
		c.Config.Clip = 0.1
		if err := run(c); err == nil {
			t.Errorf("%s is not clipped", name)
		}
		c.Request.Compat = diffusion.Diffusers
		if err := run(c); err != nil {
			t.Errorf("%s, as the library: %v", name, err)
		}
	}
}

// machine runs moves in float64.
type machine struct {
	c     *chains.Case
	slots [][]float64
	z     []float64 // noise of all steps, nil where the file has none
}

// run gives the first difference from the reference.
func run(c *chains.Case) error {
	plan, err := c.Config.Plan(c.Request)
	if err != nil {
		return err
	}
	ts := c.Float64s("timesteps")
	if len(ts) != len(plan.Moves) {
		return fmt.Errorf("%d calls, reference has %d", len(plan.Moves), len(ts))
	}
	m := newMachine(c, plan)
	if _, err := goldens.Compare(m.slots[diffusion.X], c.Start(), goldens.Tolerance{Abs: 1e-6}); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	kept, row := c.Float64s("step"), 0
	for k := range plan.Moves {
		if d := math.Abs(plan.Moves[k].T - ts[k]); d > 1e-9*max(1, ts[k]) {
			return fmt.Errorf("call %d at timestep %v, reference %v", k, plan.Moves[k].T, ts[k])
		}
		m.step(&plan.Moves[k], k)
		if row < len(kept) && int(kept[row]) == k {
			if err := m.compare(row, k, len(plan.Moves)); err != nil {
				return err
			}
			row++
		}
	}
	if row != len(kept) {
		return fmt.Errorf("%d of %d states checked", row, len(kept))
	}
	return nil
}

func newMachine(c *chains.Case, plan *diffusion.Plan) *machine {
	m := &machine{c: c, slots: make([][]float64, int(diffusion.History0)+plan.Histories)}
	xT := c.Float64s("x_T")
	for i := range m.slots {
		m.slots[i] = make([]float64, len(xT))
	}
	for i, x := range xT {
		m.slots[diffusion.X][i] = plan.Start * x
	}
	if c.Has("z") {
		m.z = c.Float64s("z")
	}
	return m
}

func (m *machine) step(move *diffusion.Move, k int) {
	s := m.slots
	size := len(s[0])
	clear(s[diffusion.Noise])
	if m.z != nil {
		copy(s[diffusion.Noise], m.z[k*size:])
	}
	for i, x := range s[diffusion.X] {
		out, variance := chains.Closed(m.c.Text("network"), x, move.T)
		s[diffusion.Out][i] = out
		s[diffusion.X0][i] = move.X0.X*x + move.X0.Out*out
		if move.Clip > 0 {
			s[diffusion.X0][i] = min(max(s[diffusion.X0][i], -move.Clip), move.Clip)
		}
		if move.Spread != nil {
			s[diffusion.Noise][i] *= math.Exp(move.Spread.Add + move.Spread.Mul*variance)
		}
	}
	if move.Threshold > 0 {
		picture := size / m.c.Shape("x_T")[0]
		for at := 0; at < size; at += picture {
			kernels.PlainThreshold(s[diffusion.X0][at:][:picture], move.Threshold, move.ThresholdMax)
		}
	}
	for _, op := range move.Ops {
		s[op.To] = m.sum(op)
	}
}

func (m *machine) sum(op diffusion.Op) []float64 {
	sum := make([]float64, len(m.slots[0]))
	for _, term := range op.Terms {
		for i, v := range m.slots[term.Of] {
			sum[i] += term.Coef * v
		}
	}
	return sum
}

func (m *machine) compare(row, k, n int) error {
	tol := goldens.Tolerance{Abs: 1e-6 * max(1, m.c.Float("max_abs_x"))}
	x := slices.Clone(m.slots[diffusion.X])
	for i := range x {
		x[i] *= m.c.Scale(k)
	}
	if _, err := goldens.Compare(x, m.c.State(row, n), tol); err != nil {
		return fmt.Errorf("x after call %d: %w", k, err)
	}
	if !m.c.Has("x0") {
		return nil
	}
	x0 := m.slots[diffusion.X0]
	if _, err := goldens.Compare(x0, m.c.Float64s("x0")[row*len(x0):][:len(x0)], tol); err != nil {
		return fmt.Errorf("x0 after call %d: %w", k, err)
	}
	return nil
}
