package diffusion

import "math"

// unipc is UniPC (Zhao et al. 2023, Algorithms 5 to 8 in their form for x_0): each call first corrects the state it was
// made from, then predicts the next. History0 holds the corrected state of the call before; the others estimates of x_0, in turn.
func (c *Config) unipc(s *Schedule, r Request, g *grid) (*Plan, error) {
	p := &Plan{AlphaBar: g.alphaBar(-1)}
	order := 0
	for k := range g.ts {
		m, _, err := c.call(s, g.at(k), c.solverClip(r))
		if err != nil {
			return nil, err
		}
		m.AlphaBar = g.alphaBar(k)
		if k > 0 {
			m.Ops = append(m.Ops, Op{X, g.correct(r, k, order)})
		}
		order = r.order()
		if !r.HighOrderFinal {
			order = min(order, len(g.ts)-k)
		}
		order = min(order, k+1)
		m.Ops = append(m.Ops, set(History0, Term{1, X}), Op{X, g.predict(r, k, order)}, set(estimateSlot(r, k), Term{1, X0}))
		p.Moves = append(p.Moves, m)
	}
	return p.finish(), nil
}

// estimateSlot is where call k's estimate is kept.
func estimateSlot(r Request, k int) Slot { return History0 + 1 + Slot(k%r.order()) }

// predict leads from level k to k+1 with the estimates of calls k, k-1, ...: UniP.
func (g *grid) predict(r Request, k, order int) []Term {
	if g.sigmas[k+1] == 0 {
		return []Term{{1, X0}} // the limit
	}
	b := newBH(g, k, order, r.Type)
	var weights []float64
	switch {
	case order == 2:
		weights = []float64{0.5} // exact to this order, whatever B(h)
	case order > 2:
		weights = b.solve(order - 1)
	}
	terms := []Term{{b.ofX, X}}
	own := b.ofM
	for i, w := range weights {
		d := -b.alpha * b.B * w / b.rk[i] // of (m_i - m_0)
		own -= d
		terms = append(terms, Term{d, estimateSlot(r, k-1-i)})
	}
	return append(terms, Term{own, X0})
}

// correct does the step from level k-1 to k again, now that the estimate at k is known: UniC.
func (g *grid) correct(r Request, k, order int) []Term {
	b := newBH(g, k-1, order, r.Type)
	weights := []float64{0.5}
	if order > 1 {
		weights = b.solve(order)
	}
	terms := []Term{{b.ofX, History0}}
	own := b.ofM // of m_0, the estimate at level k-1
	for i, w := range weights {
		if i == len(weights)-1 { // the new estimate, at r = 1
			d := -b.alpha * b.B * w
			own -= d
			terms = append(terms, Term{d, X0})
			continue
		}
		d := -b.alpha * b.B * w / b.rk[i]
		own -= d
		terms = append(terms, Term{d, estimateSlot(r, k-2-i)})
	}
	return append(terms, Term{own, estimateSlot(r, k-1)})
}

// bh is what predictor and corrector of a step share.
type bh struct {
	alpha, ofX, ofM, B float64
	hh                 float64   // -h
	rk                 []float64 // (lambda_i - lambda_0)/h of the earlier estimates, then 1
}

// newBH prepares the step from level k to k+1. bh1: B(h) = h, bh2: e^h - 1, of -h.
func newBH(g *grid, k, order int, kind string) *bh {
	alpha, noise := split(g.sigmas[k+1])
	_, before := split(g.sigmas[k])
	b := &bh{alpha: alpha, ofX: noise / before, hh: math.Log(g.sigmas[k+1] / g.sigmas[k])}
	b.ofM = -alpha * math.Expm1(b.hh)
	b.B = math.Expm1(b.hh)
	if kind == "bh1" {
		b.B = b.hh
	}
	for i := 1; i < order; i++ {
		b.rk = append(b.rk, math.Log(g.sigmas[k]/g.sigmas[k-i])/-b.hh)
	}
	b.rk = append(b.rk, 1)
	return b
}

// solve finds the n weights w with sum w_i r_i^(j-1) = j! phi_{j+1}(hh)/B, j = 1..n, over the first n of rk.
func (b *bh) solve(n int) []float64 {
	a := make([][]float64, n)
	phi, factorial := math.Expm1(b.hh)/b.hh-1, 1.0
	for j := range a {
		a[j] = make([]float64, n+1)
		for i := range n {
			a[j][i] = math.Pow(b.rk[i], float64(j))
		}
		a[j][n] = phi * factorial / b.B
		factorial *= float64(j + 2)
		phi = phi/b.hh - 1/factorial
	}
	return gauss(a)
}

// gauss solves a small system, given as rows with the right side last, by elimination with pivots.
func gauss(a [][]float64) []float64 {
	n := len(a)
	for i := range n {
		for j := i + 1; j < n; j++ {
			if math.Abs(a[j][i]) > math.Abs(a[i][i]) {
				a[i], a[j] = a[j], a[i]
			}
		}
		for j := range n {
			if j == i {
				continue
			}
			f := a[j][i] / a[i][i]
			for k := i; k <= n; k++ {
				a[j][k] -= f * a[i][k]
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = a[i][n] / a[i][i]
	}
	return x
}
