package diffusion

import "math"

// dpmpp is multistep DPM-Solver++ (Lu et al. 2022, Algorithm 2 and its third order), which integrates x_0's estimates m over
// lambda = ln(alpha/sigma); DPMppSDE is its stochastic form. Histories hold m of the steps before, in turn.
func (c *Config) dpmpp(s *Schedule, r Request, g *grid) (*Plan, error) {
	p := &Plan{AlphaBar: g.alphaBar(-1)}
	n := len(g.ts)
	for k := range n {
		m, _, err := c.call(s, g.at(k), c.solverClip(r))
		if err != nil {
			return nil, err
		}
		m.AlphaBar = g.alphaBar(k)
		order := min(r.order(), k+1)
		short := !r.HighOrderFinal && n < 15
		switch {
		case k == n-1 && (r.EulerFinal || short || !r.SigmaMin):
			order = 1
		case k == n-2 && short:
			order = min(order, 2)
		}
		m.Ops = []Op{{X, g.dpmStep(r, k, order)}}
		if r.order() > 1 {
			m.Ops = append(m.Ops, set(g.history(r, k), Term{1, X0}))
		}
		p.Moves = append(p.Moves, m)
	}
	return p.finish(), nil
}

// history is the slot where call k's estimate is kept: as many as the order looks back, in turn.
func (g *grid) history(r Request, k int) Slot { return History0 + Slot(k%max(r.order()-1, 1)) }

// dpmStep is the step that follows call k: x' = (sigma'/sigma) x + alpha' (weights of m, its first and second divided difference).
func (g *grid) dpmStep(r Request, k, order int) []Term {
	alpha, noise := split(g.sigmas[k+1])
	_, before := split(g.sigmas[k])
	ratio := g.sigmas[k+1] / g.sigmas[k] // e^-h
	ofX, fresh, double := noise/before, 0.0, 1.0
	if r.Sampler == DPMppSDE { // the same with 2h for h, and the noise that is lost put back
		ofX, fresh, double = ofX*ratio, noise*math.Sqrt(1-ratio*ratio), 2
		ratio *= ratio
	}
	h := -math.Log(g.sigmas[k+1] / g.sigmas[k])
	gain := 1 - ratio
	terms := []Term{{ofX, X}}
	m := [3]float64{alpha * gain} // weights of m and the estimates one and two calls back
	second := 0.0
	switch {
	case order == 2 && r.Type == "heun", order == 3:
		second = alpha * (1 - gain/(double*h))
	case order == 2:
		second = alpha * gain / 2
	}
	if order == 2 {
		r0 := g.lag(k, 1) / h
		m[0] += second / r0
		m[1] -= second / r0
	}
	if order == 3 {
		r0, r1 := g.lag(k, 1)/h, g.lag(k, 2)/h
		third := -alpha * ((h-gain)/(h*h) - 0.5)
		// d0 = (m - m1)/r0, d1 = (m1 - m2)/r1; D1 = d0 + r0/(r0+r1) (d0 - d1), D2 = (d0 - d1)/(r0+r1)
		d0 := second*(1+r0/(r0+r1)) + third/(r0+r1)
		d1 := -second*r0/(r0+r1) - third/(r0+r1)
		m[0] += d0 / r0
		m[1] += d1/r1 - d0/r0
		m[2] -= d1 / r1
	}
	terms = append(terms, Term{m[0], X0})
	for back := 1; back < order; back++ {
		terms = append(terms, Term{m[back], g.history(r, k-back)})
	}
	return append(terms, Term{fresh, Noise})
}

// lag is the difference of lambda between the levels of call k-back+1 and k-back.
func (g *grid) lag(k, back int) float64 {
	return math.Log(g.sigmas[k-back] / g.sigmas[k-back+1])
}
