package diffusion

import (
	"errors"
	"math"
	"strconv"
)

// grid is the levels of noise that a solver visits, as sigma = sqrt((1-alphaBar)/alphaBar), with the timesteps the network is told.
type grid struct {
	ts     []float64
	sigmas []float64 // one more than ts: where the chain ends
	own    bool      // the sigmas are those of the timesteps
}

// zeroAlphaBar stands for an alphaBar of 0, whose sigma is infinite.
const zeroAlphaBar = 1.0 / (1 << 24)

// table is sigma at every timestep.
func (s *Schedule) table() []float64 {
	out := make([]float64, s.T())
	for t, a := range s.AlphaBars {
		a = max(a, zeroAlphaBar)
		out[t] = math.Sqrt((1 - a) / a)
	}
	return out
}

// between reads a table at a fractional index.
func between(table []float64, t float64) float64 {
	i := min(max(int(t), 0), len(table)-1)
	j := min(i+1, len(table)-1)
	return table[i] + (t-float64(i))*(table[j]-table[i])
}

// timestepOf is the fractional timestep at which the table holds sigma, by interpolation of logarithms.
func timestepOf(table []float64, sigma float64) float64 {
	i := 0
	for i < len(table)-2 && table[i+1] <= sigma {
		i++
	}
	if i+1 >= len(table) {
		return 0
	}
	lo, hi := math.Log(table[i]), math.Log(table[i+1])
	return float64(i) + min(max((math.Log(sigma)-lo)/(hi-lo), 0), 1)
}

// karras is n sigmas from high to low (Karras et al. 2022, equation 5, rho 7).
func karras(high, low float64, n int) []float64 {
	const rho = 7
	from, to := math.Pow(high, 1.0/rho), math.Pow(low, 1.0/rho)
	out := linspace(0, 1, n)
	for i, ramp := range out {
		out[i] = math.Pow(from+ramp*(to-from), rho)
	}
	return out
}

// solverGrid is the grid of DPM-Solver++ and UniPC, at whole timesteps.
func (c *Config) solverGrid(s *Schedule, r Request, n int) (*grid, error) {
	table := s.table()
	top := s.T()
	for r.LambdaMin != 0 && top > 1 && -math.Log(table[top-1]) < r.LambdaMin {
		top--
	}
	ts, err := solverTimesteps(c.spacing(r), n, s.T(), top, c.StepsOffset)
	if err != nil {
		return nil, err
	}
	g := &grid{ts: ts, own: !r.Karras}
	for _, t := range g.ts {
		g.sigmas = append(g.sigmas, table[int(t)])
	}
	if r.Karras {
		g.sigmas = karras(table[s.T()-1], table[0], len(ts))
		for i, sigma := range g.sigmas {
			g.ts[i] = math.RoundToEven(timestepOf(table, sigma))
		}
	}
	last := 0.0
	if r.SigmaMin {
		last = table[0]
	}
	g.sigmas = append(g.sigmas, last)
	return g.below(r)
}

// eulerGrid is the grid of Euler's and Heun's methods, whose timesteps may be fractional.
func (c *Config) eulerGrid(s *Schedule, r Request, n int) (*grid, error) {
	spacing := c.spacing(r)
	ints, err := Timesteps(spacing, n, s.T(), c.StepsOffset)
	if err != nil {
		return nil, err
	}
	table, even := s.table(), linspace(0, float64(s.T()-1), n)
	g := &grid{own: !r.Karras}
	for i, t := range ints {
		x := float64(t)
		if spacing == Linspace {
			x = even[n-1-i]
		}
		g.ts = append(g.ts, x)
		g.sigmas = append(g.sigmas, between(table, x))
	}
	if r.Karras {
		g.sigmas = karras(g.sigmas[0], g.sigmas[n-1], n)
		for i, sigma := range g.sigmas {
			g.ts[i] = timestepOf(table, sigma)
		}
	}
	g.sigmas = append(g.sigmas, 0)
	return g.below(r)
}

// below leaves out what a chain that starts in the middle does not visit.
func (g *grid) below(r Request) (*grid, error) {
	for r.Depth > 0 && len(g.ts) > 0 && g.ts[0] >= float64(r.Depth) {
		g.ts, g.sigmas = g.ts[1:], g.sigmas[1:]
	}
	if len(g.ts) == 0 {
		return nil, tooShallow(r)
	}
	return g, g.check()
}

// check demands that the noise falls from step to step.
func (g *grid) check() error {
	for i, sigma := range g.sigmas[1:] {
		if !(sigma < g.sigmas[i]) {
			return errors.New("steps: step " + strconv.Itoa(i) + " leads from noise level " + number(g.sigmas[i]) + " to " + number(sigma) + ", which is no less: take fewer steps or another spacing")
		}
	}
	return nil
}

// signal and noise at sigma: alpha = 1/sqrt(1 + sigma^2) and sigma alpha.
func split(sigma float64) (alpha, noise float64) {
	alpha = 1 / math.Sqrt(1+sigma*sigma)
	return alpha, sigma * alpha
}

// at is the level of entry k.
func (g *grid) at(k int) level {
	a, b := split(g.sigmas[k])
	return level{g.ts[k], a, b, g.own && g.ts[k] == math.Trunc(g.ts[k])}
}

// alphaBar after step k; -1 is before the first.
func (g *grid) alphaBar(k int) float64 {
	a, _ := split(g.sigmas[k+1])
	return a * a
}
