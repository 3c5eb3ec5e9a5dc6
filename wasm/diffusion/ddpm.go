package diffusion

import (
	"errors"
	"math"
	"strconv"
)

// ddpm is ancestral sampling (Algorithm 2). Each step leads to the next entry of the list, with betas re-derived where
// timesteps are skipped. The last step adds no noise, whatever timestep it leaves; a request for the diffusers library's ways
// adds it wherever t > 0.
func (c *Config) ddpm(s *Schedule, r Request, ts []int) (*Plan, error) {
	v := r.Variance
	if v == "" {
		v = c.Variance
	}
	p := &Plan{AlphaBar: s.AlphaBar(ts[0])}
	for k, t := range ts {
		prev := -1
		if k+1 < len(ts) {
			prev = ts[k+1]
		}
		m, err := c.ancestral(s, v, t, prev, prev >= 0 || r.Compat == Diffusers && t > 0)
		if err != nil {
			return nil, err
		}
		p.Moves = append(p.Moves, m)
	}
	return p.finish(), nil
}

// ancestral is the step from t to prev < t (prev -1 is x_0).
func (c *Config) ancestral(s *Schedule, v Variance, t, prev int, noisy bool) (Move, error) {
	m, _, err := c.call(s, s.at(t), c.Clip)
	if err != nil {
		return m, err
	}
	a, before := s.AlphaBar(t), s.AlphaBar(prev)
	m.AlphaBar = before
	alpha := a / before
	beta := 1 - alpha
	mean := []Term{{math.Sqrt(before) * beta / (1 - a), X0}, {math.Sqrt(alpha) * (1 - before) / (1 - a), X}}
	if c.Prediction == PosteriorMean && prev == t-1 {
		mean = []Term{{1, Out}} // the output is the mean itself, whatever becomes of x_0's estimate
	}
	if noisy {
		scale, err := m.spread(v, max((1-before)/(1-a)*beta, 1e-20), beta)
		if err != nil {
			return m, err
		}
		mean = append(mean, Term{scale, Noise})
	}
	m.Ops = []Op{{X, mean}}
	return m, nil
}

// spread gives the noise's coefficient for a variance; a learned one is noted in the move.
func (m *Move) spread(v Variance, small, large float64) (float64, error) {
	switch v {
	case FixedSmall, fixedSmallLog:
		return math.Sqrt(small), nil
	case FixedLarge, fixedLargeLog:
		return math.Sqrt(large), nil
	case Learned:
		m.Spread = &LogScale{0, 0.5}
		return 1, nil
	case LearnedRange: // the logarithm is that of large for an output of 1 and of small for -1
		lo, hi := math.Log(small), math.Log(large)
		m.Spread = &LogScale{(lo + hi) / 4, (hi - lo) / 4}
		return 1, nil
	}
	return 0, errors.New("variance " + strconv.Quote(string(v)) + " is not supported, expected fixed_small, fixed_large, learned or learned_range")
}
