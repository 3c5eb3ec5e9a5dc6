package diffusion

import (
	"errors"
	"strconv"
)

// Prediction says what the network's output is.
type Prediction string

// The predictions.
const (
	Epsilon       Prediction = "epsilon"        // the noise (equation 14)
	Sample        Prediction = "sample"         // x_0
	V             Prediction = "v_prediction"   // sqrt(alphaBar) eps - sqrt(1-alphaBar) x_0 (Salimans and Ho 2022)
	PosteriorMean Prediction = "posterior_mean" // the mean of q(x_{t-1} given x_t, x_0) (section 3.2, equation 8)
)

// Variance names the variance of the reverse step.
type Variance string

// The variances. A learned one is read from the network's second half of channels.
const (
	FixedSmall   Variance = "fixed_small"   // the posterior's (section 3.2)
	FixedLarge   Variance = "fixed_large"   // beta
	Learned      Variance = "learned"       // its logarithm (Nichol and Dhariwal 2021)
	LearnedRange Variance = "learned_range" // between the two fixed ones, in logarithms (Nichol and Dhariwal 2021, equation 15)
)

// Names of the same variances in scheduler files whose code takes them by their logarithms.
const fixedSmallLog, fixedLargeLog Variance = "fixed_small_log", "fixed_large_log"

// level is a point of the process: x = signal x_0 + noise eps, and the timestep the network is told.
type level struct {
	t, signal, noise float64
	own              bool // the level is exactly that of the whole timestep t
}

// at is the level of an integer timestep.
func (s *Schedule) at(t int) level {
	a, b := s.Forward(t)
	return level{float64(t), a, b, true}
}

// estimate gives x_0 and eps as functions of x_t and the output.
func (s *Schedule) estimate(p Prediction, l level) (x0, eps Linear2, err error) {
	a, b := l.signal, l.noise
	switch p {
	case Epsilon:
		if a == 0 {
			return x0, eps, errors.New("schedule: alphaBar is 0 at timestep " + number(l.t) + ", where a model that predicts the noise says nothing of x_0")
		}
		return Linear2{1 / a, -b / a}, Linear2{0, 1}, nil
	case Sample:
		return Linear2{0, 1}, Linear2{1 / b, -a / b}, nil
	case V:
		return Linear2{a, -b}, Linear2{b, a}, nil
	case PosteriorMean:
		if !l.own {
			return x0, eps, errors.New("steps: a model that predicts the posterior mean can only be asked at whole timesteps: take another spacing, and no Karras sigmas")
		}
		ofX0, ofX, _ := s.Posterior(int(l.t))
		x0 = Linear2{-ofX / ofX0, 1 / ofX0}
		return x0, Linear2{(1 - a*x0.X) / b, -a * x0.Out / b}, nil
	}
	return x0, eps, errors.New("prediction type " + strconv.Quote(string(p)) + " is not supported, expected epsilon, sample, v_prediction or posterior_mean")
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
