package diffusion

import (
	"errors"
	"math"
)

// ddim is Song, Meng and Ermon 2021, equations 12 and 16: eta 0 is deterministic, eta 1 has the posterior's variance. It steps to
// t - stride, T div N, whatever the spacing, as the diffusers library does and its models are tuned for; with the quadratic
// spacing to the next entry of the list.
func (c *Config) ddim(s *Schedule, r Request, ts []int, stride int) (*Plan, error) {
	if !(r.Eta >= 0 && r.Eta <= 1) {
		return nil, errors.New("eta must be from 0 to 1, found " + number(r.Eta))
	}
	p := &Plan{AlphaBar: s.AlphaBar(ts[0])}
	for k, t := range ts {
		prev := t - stride
		if len(r.Timesteps) > 0 || c.spacing(r) == Quadratic {
			prev = -1
			if k+1 < len(ts) {
				prev = ts[k+1]
			}
		}
		m, err := c.implicit(s, r, t, prev)
		if err != nil {
			return nil, err
		}
		p.Moves = append(p.Moves, m)
	}
	return p.finish(), nil
}

// implicit is the step from t to prev.
func (c *Config) implicit(s *Schedule, r Request, t, prev int) (Move, error) {
	m, eps, err := c.call(s, s.at(t), c.Clip)
	if err != nil {
		return m, err
	}
	a, before := s.AlphaBar(t), c.before(s, prev)
	m.AlphaBar = before
	sigma := r.Eta * math.Sqrt((1-before)/(1-a)*(1-a/before))
	direction := math.Sqrt(max(0, 1-before-sigma*sigma))
	ofX0 := math.Sqrt(before)
	if r.FromClipped { // eps = (x - sqrt(a) x0)/sqrt(1-a)
		ofX0 -= direction * math.Sqrt(a/(1-a))
		eps = Linear2{1 / math.Sqrt(1-a), 0}
	}
	m.Ops = []Op{set(X, Term{ofX0, X0}, Term{direction * eps.X, X}, Term{direction * eps.Out, Out}, Term{sigma, Noise})}
	return m, nil
}

// before is alphaBar at t; before the first timestep 1, or alphaBar_0 where the model says so.
func (c *Config) before(s *Schedule, t int) float64 {
	if t < 0 && c.FinalAlphaBar0 {
		return s.AlphaBars[0]
	}
	return s.AlphaBar(t)
}
