package diffusion

import "math"

// GaussianKL is KL(N(m, e^lnV) || N(m - d, e^lnS)) in nats.
func GaussianKL(lnV, lnS, d float64) float64 {
	return 0.5 * (lnS - lnV - 1 + math.Exp(lnV-lnS) + d*d*math.Exp(-lnS))
}

// PriorKL is KL(q(x_T given x_0) || N(0, 1)) of one element in nats: L_T (equation 5).
func (s *Schedule) PriorKL(x0 float64) float64 {
	a := s.AlphaBars[s.T()-1]
	return GaussianKL(math.Log(1-a), 0, math.Sqrt(a)*x0)
}

// minProbability is the least that DecoderLogProb gives a level.
const minProbability = 1e-12

// DecoderLogProb is the logarithm of the discretised decoder's probability of a pixel value (section 3.3, equation 13): the mass
// of N(mean, sigma^2) within 1/255 of x0 = v/127.5 - 1, the outermost levels taking all that lies beyond them.
func DecoderLogProb(x0, mean, sigma float64) float64 {
	above := upperTail((x0 - mean - 1.0/255) / sigma)
	below := upperTail((x0 - mean + 1.0/255) / sigma)
	p := above - below
	switch {
	case x0 < -0.999:
		p = 1 - below
	case x0 > 0.999:
		p = above
	}
	return math.Log(max(p, minProbability))
}

// upperTail is the mass of a standard normal beyond v.
func upperTail(v float64) float64 { return 0.5 * math.Erfc(v/math.Sqrt2) }

// ReverseStep is the reverse step p(x_{t-1} given x_t) of the trained process, as the bound and the coder see it.
type ReverseStep struct {
	T              int
	X0             Linear2 // x_0's estimate
	Clip           float64 // its bound, 0 for none
	OfX0, OfX      float64 // the mean's coefficients of x_0, estimated or true, and x_t (equations 7 and 11)
	FromOutput     bool    // the model's mean is its output itself (posterior_mean)
	Signal, Spread float64 // of q(x_t given x_0)
	LnV            float64 // ln of the posterior's variance; at t = 0, where that is 0, of the one at t = 1
	LnS            float64 // ln of the model's variance, where it is fixed
	Learned        *LogScale
}

// Reverse gives the reverse step that leaves t with the given variance ("" for the model's own).
func (c *Config) Reverse(s *Schedule, v Variance, t int) (ReverseStep, error) {
	if v == "" {
		v = c.Variance
	}
	m, _, err := c.call(s, s.at(t), c.Clip)
	if err != nil {
		return ReverseStep{}, err
	}
	r := ReverseStep{T: t, X0: m.X0, Clip: m.Clip, FromOutput: c.Prediction == PosteriorMean, LnV: s.PosteriorLogVariance(t)}
	r.OfX0, r.OfX, _ = s.Posterior(t)
	r.Signal, r.Spread = s.Forward(t)
	scale, err := m.spread(v, math.Exp(r.LnV), s.Betas[t])
	r.LnS, r.Learned = 2*math.Log(scale), m.Spread
	return r, err
}

// LogVariance is the logarithm of the model's variance, given the output's channel that predicts it (unused where it is fixed).
func (r *ReverseStep) LogVariance(predicted float64) float64 {
	if r.Learned == nil {
		return r.LnS
	}
	return 2 * (r.Learned.Add + r.Learned.Mul*predicted)
}

// Estimate is x_0 as the output has it, unclipped and clipped.
func (r *ReverseStep) Estimate(xt, out float64) (raw, clipped float64) {
	raw = r.X0.X*xt + r.X0.Out*out
	if r.Clip <= 0 {
		return raw, raw
	}
	return raw, min(max(raw, -r.Clip), r.Clip)
}

// Mean is the model's mean, given its estimate of x_0.
func (r *ReverseStep) Mean(xt, x0, out float64) float64 {
	if r.FromOutput {
		return out
	}
	return r.OfX0*x0 + r.OfX*xt
}
