package sampler

import (
	"context"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
)

// maxTerms is the number of terms an engine combines at once.
const maxTerms = 4

// ask runs the network at timestep t; with guidance twice, and the difference is drawn out. A predicted variance is the
// labelled call's.
func (c *Chain) ask(ctx context.Context, t float64) error {
	for i := range c.ts {
		c.ts[i] = t
	}
	if !c.cfg.guided() {
		return c.d.Denoise(ctx, c.wide, c.X(), c.ts, c.cfg.Labels)
	}
	if err := c.d.DenoiseBoth(ctx, c.wide, c.null, c.X(), c.ts, c.cfg.Labels); err != nil {
		return err
	}
	g := c.cfg.Guidance
	return c.d.Engine.Combine(c.slots[diffusion.Out], 0, 0, term(g, c.wide), term(1-g, c.null))
}

// advance computes x_0's estimate and the next state.
func (c *Chain) advance(ctx context.Context, m *diffusion.Move, a action) error {
	e := c.d.Engine
	err := e.Combine(c.X0(), 0, float32(m.Clip), term(m.X0.X, c.X()), term(m.X0.Out, c.slots[diffusion.Out]))
	if err == nil && m.Threshold > 0 {
		err = e.Threshold(ctx, c.X0(), m.Threshold, m.ThresholdMax)
	}
	if err == nil && m.Noisy() {
		err = c.makeNoise(m, a)
	}
	for _, op := range m.Ops {
		if err == nil {
			err = c.apply(op)
		}
	}
	if err == nil && c.cfg.Paint != nil {
		err = c.paint(m, a)
	}
	return err
}

// makeNoise puts the step's noise where the moves expect it.
func (c *Chain) makeNoise(m *diffusion.Move, a action) error {
	c.fill(c.k, a)
	z := c.slots[diffusion.Noise]
	if err := z.Write(c.values); err != nil || m.Spread == nil {
		return err
	}
	return c.d.Engine.Modulate(z, z, engine.Factor{Add: float32(m.Spread.Add), Mul: float32(m.Spread.Mul), Exp: true, T: c.wide, Channel: c.d.Net.InChannels})
}

// apply sets a slot to a sum of slots. A sum longer than the engine takes is made in parts, the destination's own term first.
func (c *Chain) apply(op diffusion.Op) error {
	to := c.slots[op.To]
	var terms []engine.Term
	for _, t := range op.Terms {
		switch {
		case t.Coef == 0: // so that a tensor that does not count cannot spoil the sum
		case t.Of == op.To:
			terms = append([]engine.Term{term(t.Coef, to)}, terms...)
		default:
			terms = append(terms, term(t.Coef, c.slots[t.Of]))
		}
	}
	if len(terms) == 0 {
		terms = []engine.Term{term(0, to)}
	}
	n := min(len(terms), maxTerms)
	err := c.d.Engine.Combine(to, 0, 0, terms[:n]...)
	for terms = terms[n:]; err == nil && len(terms) > 0; terms = terms[n:] {
		n = min(len(terms), maxTerms-1)
		err = c.d.Engine.Combine(to, 0, 0, append([]engine.Term{term(1, to)}, terms[:n]...)...)
	}
	return err
}

func term(coef float64, t engine.Tensor) engine.Term { return engine.Term{Coef: float32(coef), T: t} }
