package diffusion

import (
	"errors"
	"math"
	"strconv"
)

// Prediction says what the network's output is.
type Prediction string

// The predictions.
const (
	Epsilon Prediction = "epsilon"      // the noise (equation 14)
	Sample  Prediction = "sample"       // x_0
	V       Prediction = "v_prediction" // sqrt(alphaBar) eps - sqrt(1-alphaBar) x_0 (Salimans and Ho 2022)
)

// Variance names the fixed variance of the reverse step (section 3.2).
type Variance string

// The variances.
const (
	FixedSmall Variance = "fixed_small" // the posterior's
	FixedLarge Variance = "fixed_large" // beta
)

// Linear2 is a linear function of x_t and the network's output.
type Linear2 struct{ X, Out float64 }

// Step is one step of a reverse chain: x0 = clip(X0.X x_t + X0.Out out), then
// x_next = OfX0 x0 + OfX x_t + OfOut out + Noise z. Every sampler here has this form.
type Step struct {
	X0                      Linear2
	OfX0, OfX, OfOut, Noise float64
}

// estimate gives x_0 and eps as functions of x_t and the output.
func (s *Schedule) estimate(p Prediction, t int) (x0, eps Linear2, err error) {
	a, b := s.Forward(t)
	switch p {
	case Epsilon:
		if a == 0 {
			return x0, eps, errors.New("schedule: alphaBar is 0 at timestep " + strconv.Itoa(t) + ", where a model that predicts the noise says nothing of x_0")
		}
		return Linear2{1 / a, -b / a}, Linear2{0, 1}, nil
	case Sample:
		return Linear2{0, 1}, Linear2{1 / b, -a / b}, nil
	case V:
		return Linear2{a, -b}, Linear2{b, a}, nil
	}
	return x0, eps, errors.New("prediction type " + strconv.Quote(string(p)) + " is not supported, expected epsilon, sample or v_prediction")
}

// DDPM is the ancestral step from t to prev < t (Algorithm 2; prev -1 is x_0), with betas re-derived where timesteps are skipped.
// last leaves the noise out: the finished picture has none.
func (s *Schedule) DDPM(p Prediction, v Variance, t, prev int, last bool) (Step, error) {
	x0, _, err := s.estimate(p, t)
	if err != nil {
		return Step{}, err
	}
	a, before := s.AlphaBar(t), s.AlphaBar(prev)
	alpha := a / before
	beta := 1 - alpha
	step := Step{X0: x0, OfX0: math.Sqrt(before) * beta / (1 - a), OfX: math.Sqrt(alpha) * (1 - before) / (1 - a)}
	if last {
		return step, nil
	}
	switch v {
	case FixedSmall:
		step.Noise = math.Sqrt(max((1-before)/(1-a)*beta, 1e-20))
	case FixedLarge:
		step.Noise = math.Sqrt(beta)
	default:
		return Step{}, errors.New("variance " + strconv.Quote(string(v)) + " is not supported, expected fixed_small or fixed_large")
	}
	return step, nil
}

// DDIM is the step from t to prev (Song, Meng and Ermon 2021, equations 12 and 16): eta 0 is deterministic, eta 1 has the posterior's
// variance. final is alphaBar before the first timestep: 1, or alphaBar_0 where a scheduler says so.
func (s *Schedule) DDIM(p Prediction, t, prev int, eta, final float64) (Step, error) {
	x0, eps, err := s.estimate(p, t)
	if err != nil {
		return Step{}, err
	}
	a, before := s.AlphaBar(t), final
	if prev >= 0 {
		before = s.AlphaBar(prev)
	}
	sigma := eta * math.Sqrt((1-before)/(1-a)*(1-a/before))
	direction := math.Sqrt(max(0, 1-before-sigma*sigma))
	return Step{X0: x0, OfX0: math.Sqrt(before), OfX: direction * eps.X, OfOut: direction * eps.Out, Noise: sigma}, nil
}
