package diffusion

import (
	"errors"
	"strconv"
)

// Config is what a model says of its process and of how it likes to be sampled: a scheduler file in other words.
type Config struct {
	TrainTimesteps     int
	BetaSchedule       BetaSchedule
	BetaStart, BetaEnd float64
	TrainedBetas       []float64 // used instead of the schedule where not empty
	ZeroSNR            bool
	Prediction         Prediction
	Variance           Variance
	Clip               float64 // bound of the x_0 estimate; 0 means none
	Spacing            Spacing
	StepsOffset        int
	// FinalAlphaBar0 makes DDIM end at alphaBar_0 instead of 1 (set_alpha_to_one false).
	FinalAlphaBar0 bool
	// Threshold is dynamic thresholding (Saharia et al. 2022): the quantile, 0 for none. Not sampled yet.
	Threshold, ThresholdMax float64
}

// Schedule makes the tables.
func (c *Config) Schedule() (*Schedule, error) {
	if len(c.TrainedBetas) > 0 {
		return FromBetas(c.TrainedBetas, c.ZeroSNR)
	}
	return NewSchedule(c.BetaSchedule, c.TrainTimesteps, c.BetaStart, c.BetaEnd, c.ZeroSNR)
}

// Sampler names a sampler.
type Sampler string

// The samplers.
const (
	SamplerDDPM Sampler = "ddpm"
	SamplerDDIM Sampler = "ddim"
)

// Request asks for a chain.
type Request struct {
	Sampler  Sampler
	Steps    int     // 0 means every timestep (ddpm) or 50 (ddim)
	Eta      float64 // ddim
	Variance Variance
}

// Move is a step of a chain with the timestep it leaves.
type Move struct {
	T    int
	Step Step
}

// Moves lists the steps of the chain r asks for, first to last. The last
// step of ddpm adds no noise, whatever timestep it leaves; ddim's has none unless the model ends at alphaBar_0.
func (c *Config) Moves(r Request) ([]Move, error) {
	s, err := c.Schedule()
	if err != nil {
		return nil, err
	}
	if c.Threshold > 0 {
		return nil, errors.New("the model asks for dynamic thresholding, which is not supported")
	}
	usual, ok := map[Sampler]int{SamplerDDPM: s.T(), SamplerDDIM: min(50, s.T())}[r.Sampler]
	if !ok {
		return nil, errors.New("unknown sampler " + strconv.Quote(string(r.Sampler)) + ", expected ddpm or ddim")
	}
	n := r.Steps
	if n == 0 {
		n = usual
	}
	ts, err := Timesteps(c.Spacing, n, s.T(), c.StepsOffset)
	if err != nil {
		return nil, err
	}
	moves := make([]Move, n)
	for k, t := range ts {
		moves[k].T = t
		if moves[k].Step, err = c.move(s, r, ts, k); err != nil {
			return nil, err
		}
	}
	return moves, nil
}

// move is step k of the chain over ts. DDPM steps to the next entry of the list; DDIM to t - T div N whatever the
// spacing, as the diffusers library does and its models are tuned for.
func (c *Config) move(s *Schedule, r Request, ts []int, k int) (Step, error) {
	last := k == len(ts)-1
	if r.Sampler == SamplerDDPM {
		prev := -1
		if !last {
			prev = ts[k+1]
		}
		v := r.Variance
		if v == "" {
			v = c.Variance
		}
		return s.DDPM(c.Prediction, v, ts[k], prev, last)
	}
	if !(r.Eta >= 0 && r.Eta <= 1) {
		return Step{}, errors.New("eta must be from 0 to 1, found " + strconv.FormatFloat(r.Eta, 'g', -1, 64))
	}
	final := 1.0
	if c.FinalAlphaBar0 {
		final = s.AlphaBars[0]
	}
	return s.DDIM(c.Prediction, ts[k], ts[k]-s.T()/len(ts), r.Eta, final)
}
