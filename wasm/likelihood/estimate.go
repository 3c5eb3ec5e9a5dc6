package likelihood

import (
	"context"
	"errors"
	"math"
	"strconv"

	"unnoise/wasm/noise"
)

// Plan says how a bound is estimated.
type Plan struct {
	Draws int // noise draws of every term; each whole bound is one value of the standard error
	// Strata, where not 0, replaces the sum over t > 20 by as many timesteps, one at random from each of equal stretches. The
	// timesteps up to 20, which carry most of the bound, are all visited.
	Strata int
	Seed   uint64
	Index  int // the picture's number: its own noise
	Batch  int // steps computed together
}

// Estimate is a bound, in bits per dimension.
type Estimate struct {
	Total, StandardError float64 // StandardError is 0 with one draw, which tells of none
	Prior                float64 // L_T
	Terms                []Term  // by t, 0 to T-1, means over draws; with strata those visited, others zero
	Errors               []float64
	Visits               []int     // how often a term was computed
	Shares               []float64 // what a term adds to Total: its bits, with strata as part of its stratum's estimate
}

// maxDraws is what the noise's counter can tell apart.
const maxDraws = 255

// exact is the last timestep that strata leave alone.
const exact = 20

// Check reports a plan that cannot be followed.
func (p *Plan) Check(T int) error {
	switch {
	case p.Draws < 1 || p.Draws > maxDraws:
		return errors.New("draws must be from 1 to " + strconv.Itoa(maxDraws) + ", found " + strconv.Itoa(p.Draws))
	case p.Strata < 0 || p.Strata > max(T-1-exact, 0):
		return errors.New("timesteps must be from 1 to " + strconv.Itoa(max(T-1-exact, 0)) + ", found " + strconv.Itoa(p.Strata))
	}
	return nil
}

// Calls is how often Estimate asks the network, over T timesteps.
func (p *Plan) Calls(T int) int {
	n := T
	if p.Strata > 0 {
		n = exact + 1 + p.Strata
	}
	batch := max(p.Batch, 1)
	return p.Draws * ((n + batch - 1) / batch)
}

// visit is a term to be computed and what it counts for.
type visit struct {
	t      int
	weight float64
}

// visits lists the terms of one draw: all of them, or the first and one of each stratum.
func (p *Plan) visits(T, draw int) []visit {
	var list []visit
	all, n := T, T-1-exact
	if p.Strata > 0 {
		all = exact + 1
	}
	for t := range all {
		list = append(list, visit{t, 1})
	}
	for k := range p.Strata {
		first, last := exact+1+k*n/p.Strata, exact+(k+1)*n/p.Strata
		// The place in the stratum comes from a counter of its own: the start stream at a timestep no chain has.
		r := noise.Philox4x32([4]uint32{uint32(k), uint32(noise.Start) << 24, uint32(1 + draw), uint32(p.Index)}, [2]uint32{uint32(p.Seed), uint32(p.Seed >> 32)})
		width := uint64(last - first + 1)
		list = append(list, visit{first + int(uint64(r[0])*width>>32), float64(width)})
	}
	return list
}

// Estimate computes the bound of a picture (CHW, values v/127.5 - 1); after is called for every network call.
func (b *Bound) Estimate(ctx context.Context, x0 []float64, p Plan, after func()) (*Estimate, error) {
	if err := p.Check(b.T()); err != nil {
		return nil, err
	}
	e := &Estimate{Terms: make([]Term, b.T()), Errors: make([]float64, b.T()), Visits: make([]int, b.T()), Shares: make([]float64, b.T())}
	x32 := make([]float32, len(x0))
	for i, v := range x0 {
		x32[i] = float32(v)
	}
	e.Prior = b.Prior(x32)
	squares, totals := make([]float64, b.T()), make([]float64, p.Draws)
	for draw := range p.Draws {
		list := p.visits(b.T(), draw)
		for len(list) > 0 {
			n := min(max(p.Batch, 1), len(list))
			terms, err := b.Terms(ctx, x0, times(list[:n]), p.noise(list[:n], draw, len(x0)))
			if err != nil {
				return nil, err
			}
			for i, v := range list[:n] {
				totals[draw] += v.weight * terms[i].Bits
				squares[v.t] += square(terms[i].Bits)
				e.Shares[v.t] += v.weight * terms[i].Bits / float64(p.Draws)
				e.add(v.t, terms[i])
			}
			list = list[n:]
			after()
		}
	}
	e.finish(squares, totals)
	return e, nil
}

func times(list []visit) []int {
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = v.t
	}
	return out
}

// noise draws the eps of every visit.
func (p *Plan) noise(list []visit, draw, size int) []float32 {
	out := make([]float32, len(list)*size)
	for i, v := range list {
		noise.Repeated(out[i*size:][:size], p.Seed, noise.ForwardNoise, uint8(draw), uint32(v.t), uint32(p.Index))
	}
	return out
}

func (e *Estimate) add(t int, x Term) {
	s := &e.Terms[t]
	s.Bits, s.EpsMSE, s.X0MSE, s.X0MSEClip = s.Bits+x.Bits, s.EpsMSE+x.EpsMSE, s.X0MSE+x.X0MSE, s.X0MSEClip+x.X0MSEClip
	e.Visits[t]++
}

// finish turns sums into means and standard errors.
func (e *Estimate) finish(squares, totals []float64) {
	for t := range e.Terms {
		n, s := float64(e.Visits[t]), &e.Terms[t]
		if n == 0 {
			continue
		}
		s.Bits, s.EpsMSE, s.X0MSE, s.X0MSEClip = s.Bits/n, s.EpsMSE/n, s.X0MSE/n, s.X0MSEClip/n
		if n > 1 {
			e.Errors[t] = math.Sqrt(max(squares[t]/n-s.Bits*s.Bits, 0) / (n - 1))
		}
	}
	mean, se := MeanError(totals)
	e.Total, e.StandardError = e.Prior+mean, se
}

// MeanError is the mean of values and its standard error, 0 for a single value.
func MeanError(values []float64) (mean, se float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	if n < 2 {
		return mean, 0
	}
	for _, v := range values {
		se += square(v - mean)
	}
	return mean, math.Sqrt(se / (n - 1) / n)
}
