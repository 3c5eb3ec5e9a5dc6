// Package diffusion is the mathematics of the process: noise schedules, the forward process, the posterior and the
// steps of the reverse chain, all in float64. It knows no network and no machine: a step is a set of coefficients.
//
// Timesteps are counted from 0: t = 0 is the paper's t = 1 (Ho, Jain and Abbeel 2020).
package diffusion

import (
	"errors"
	"math"
	"strconv"
)

// BetaSchedule names how the betas are made; the names are those of the diffusers library.
type BetaSchedule string

// The schedules.
const (
	Linear       BetaSchedule = "linear"            // Ho et al. 2020, section 4
	ScaledLinear BetaSchedule = "scaled_linear"     // linear in sqrt(beta)
	SquaredCos   BetaSchedule = "squaredcos_cap_v2" // Nichol and Dhariwal 2021, equation 17
	Sigmoid      BetaSchedule = "sigmoid"
)

// Schedule is the process: everything that depends on t alone.
type Schedule struct {
	Betas     []float64
	AlphaBars []float64 // product of 1 - beta up to and including t
}

// MaxTimesteps bounds the length of a schedule.
const MaxTimesteps = 1 << 16

// NewSchedule makes a schedule of T steps from start to end. zeroSNR rescales it so that alphaBar_T is 0 (Lin et al. 2023).
func NewSchedule(kind BetaSchedule, T int, start, end float64, zeroSNR bool) (*Schedule, error) {
	if T < 1 || T > MaxTimesteps {
		return nil, errors.New("schedule: " + strconv.Itoa(T) + " timesteps, expected 1 to " + strconv.Itoa(MaxTimesteps))
	}
	var betas []float64
	switch kind {
	case Linear:
		betas = linspace(start, end, T)
	case ScaledLinear:
		betas = linspace(math.Sqrt(start), math.Sqrt(end), T)
		for i, b := range betas {
			betas[i] = b * b
		}
	case SquaredCos:
		betas = squaredCos(T)
	case Sigmoid:
		betas = linspace(-6, 6, T)
		for i, x := range betas {
			betas[i] = (end-start)/(1+math.Exp(-x)) + start
		}
	default:
		return nil, errors.New("schedule: unknown beta schedule " + strconv.Quote(string(kind)) + ", expected linear, scaled_linear, squaredcos_cap_v2 or sigmoid")
	}
	return FromBetas(betas, zeroSNR)
}

// FromBetas makes a schedule from its betas, each in (0, 1).
func FromBetas(betas []float64, zeroSNR bool) (*Schedule, error) {
	if len(betas) < 1 || len(betas) > MaxTimesteps {
		return nil, errors.New("schedule: " + strconv.Itoa(len(betas)) + " betas, expected 1 to " + strconv.Itoa(MaxTimesteps))
	}
	for i, b := range betas {
		if !(b > 0 && b < 1) {
			return nil, errors.New("schedule: beta " + strconv.Itoa(i) + " is " + strconv.FormatFloat(b, 'g', -1, 64) + ", expected a number between 0 and 1")
		}
	}
	s := &Schedule{Betas: betas, AlphaBars: make([]float64, len(betas))}
	product := 1.0
	for i, b := range betas {
		product *= 1 - b
		s.AlphaBars[i] = product
	}
	if zeroSNR {
		s.rescale()
	}
	return s, nil
}

// rescale shifts and scales sqrt(alphaBar) so that its last value is 0 and its first is kept, and derives the betas anew.
func (s *Schedule) rescale() {
	first, last := math.Sqrt(s.AlphaBars[0]), math.Sqrt(s.AlphaBars[len(s.AlphaBars)-1])
	before := 1.0
	betas := make([]float64, len(s.Betas))
	for i, a := range s.AlphaBars {
		r := (math.Sqrt(a) - last) * first / (first - last)
		s.AlphaBars[i] = r * r
		betas[i] = 1 - r*r/before
		before = r * r
	}
	s.Betas = betas
}

// T is the number of timesteps.
func (s *Schedule) T() int { return len(s.Betas) }

// AlphaBar is alphaBar at t; 1 before the first timestep (t < 0).
func (s *Schedule) AlphaBar(t int) float64 {
	if t < 0 {
		return 1
	}
	return s.AlphaBars[t]
}

// Forward gives q(x_t given x_0) = N(signal x_0, noise^2 I) (equation 4).
func (s *Schedule) Forward(t int) (signal, noise float64) {
	a := s.AlphaBar(t)
	return math.Sqrt(a), math.Sqrt(1 - a)
}

// Posterior gives the mean's coefficients of x_0 and x_t and the variance of q(x_{t-1} given x_t, x_0) (equations 6 and 7).
func (s *Schedule) Posterior(t int) (coefX0, coefXt, variance float64) {
	a, before, beta := s.AlphaBar(t), s.AlphaBar(t-1), s.Betas[t]
	return math.Sqrt(before) * beta / (1 - a), math.Sqrt(1-beta) * (1 - before) / (1 - a), beta * (1 - before) / (1 - a)
}

// PosteriorLogVariance is the logarithm of the posterior variance; at t = 0, where that is 0, of the one at t = 1.
func (s *Schedule) PosteriorLogVariance(t int) float64 {
	if t == 0 && s.T() > 1 {
		t = 1
	}
	_, _, v := s.Posterior(t)
	return math.Log(v)
}

// linspace is n numbers from a to b, both included.
func linspace(a, b float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = a
		if n > 1 {
			out[i] += float64(i) * ((b - a) / float64(n-1))
		}
	}
	if n > 1 {
		out[n-1] = b
	}
	return out
}

// squaredCos is 1 - g(t+1)/g(t), g(u) = cos^2. The first betas are 4e-5, so that the last bit of the cosine near 1 is 5e-12 of them;
// 1 - 2 sin^2(x/2) is rounded correctly there, where math.Cos is not.
func squaredCos(T int) []float64 {
	g := func(i int) float64 {
		half := math.Sin(math.Pi / 4 * (float64(i)/float64(T) + 0.008) / 1.008)
		c := 1 - 2*half*half
		return c * c
	}
	betas := make([]float64, T)
	for i := range betas {
		betas[i] = min(1-g(i+1)/g(i), 0.999)
	}
	return betas
}
