package diffusion

import "math"

// sigmaSpace is Euler's method, its ancestral form and Heun's on dx/dsigma = (x - x_0)/sigma (Karras et al. 2022, Algorithm 1),
// whose state x/alpha is of size sigma. Here the state stays in the process's own scale, x: the same chain, with smaller numbers.
func (c *Config) sigmaSpace(s *Schedule, r Request, g *grid) (*Plan, error) {
	p := &Plan{Start: 1, AlphaBar: g.alphaBar(-1)}
	if sp := c.spacing(r); r.Depth == 0 && (sp == Linspace || sp == Trailing) {
		_, p.Start = split(g.sigmas[0]) // these chains start at sigma z, not at sqrt(1 + sigma^2) z
	}
	for k := range g.ts {
		m, _, err := c.call(s, g.at(k), c.solverClip(r))
		if err != nil {
			return nil, err
		}
		m.AlphaBar = g.alphaBar(k)
		m.Ops = []Op{{X, g.euler(k, r.Sampler == EulerAncestral)}}
		if r.Sampler != Heun || k+1 == len(g.ts) {
			p.Moves = append(p.Moves, m)
			continue
		}
		m.Ops = append([]Op{set(History0, Term{1, X}), set(History0+1, Term{1, X0})}, m.Ops...)
		again, _, err := c.call(s, g.at(k+1), c.solverClip(r))
		if err != nil {
			return nil, err
		}
		again.AlphaBar = m.AlphaBar
		again.Ops = []Op{{X, g.heun(k)}}
		p.Moves = append(p.Moves, m, again)
	}
	return p.finish(), nil
}

// euler is the step from sigma to sigma', where the ancestral form goes down to sqrt(sigma'^2 - up^2) and adds noise up.
func (g *grid) euler(k int, ancestral bool) []Term {
	from, to := g.sigmas[k], g.sigmas[k+1]
	up := 0.0
	if ancestral {
		up = to * math.Sqrt(from*from-to*to) / from
	}
	down := math.Sqrt(to*to - up*up)
	alpha, _ := split(to)
	before, _ := split(from)
	return []Term{{alpha / before * down / from, X}, {alpha * (1 - down/from), X0}, {alpha * up, Noise}}
}

// heun does the step of call k again, with the mean of the slopes at both ends. History0 and the next are the state and the estimate there.
func (g *grid) heun(k int) []Term {
	from, to := g.sigmas[k], g.sigmas[k+1]
	alpha, _ := split(to)
	before, _ := split(from)
	half := alpha * (to - from) / 2
	return []Term{
		{alpha/before + half/(from*before), History0}, {-half / from, History0 + 1},
		{half / (to * alpha), X}, {-half / to, X0},
	}
}
