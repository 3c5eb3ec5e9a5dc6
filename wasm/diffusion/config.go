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
	// FinalAlphaBar0 makes ddim and pndm end at alphaBar_0 instead of 1 (set_alpha_to_one false).
	FinalAlphaBar0 bool
	// Threshold is dynamic thresholding (Saharia et al. 2022): the quantile, 0 for none. It takes the place of Clip.
	Threshold, ThresholdMax float64
}

// Schedule makes the tables.
func (c *Config) Schedule() (*Schedule, error) {
	if len(c.TrainedBetas) > 0 {
		return FromBetas(c.TrainedBetas, c.ZeroSNR)
	}
	return NewSchedule(c.BetaSchedule, c.TrainTimesteps, c.BetaStart, c.BetaEnd, c.ZeroSNR)
}

// spacing is the spacing of a chain: the asked one; else the model's for the samplers that its scheduler file describes, and for the
// others even spacing, which they were published with, or one that starts where a model of zero terminal SNR must.
func (c *Config) spacing(r Request) Spacing {
	switch {
	case r.Spacing != "":
		return r.Spacing
	case samplers[r.Sampler].ownSpacing:
		return c.Spacing
	case c.ZeroSNR:
		return Trailing
	}
	return Linspace
}

// call is the part of a move that asks the network: at which timestep, and what its output says of x_0 and eps. clip
// bounds x_0's estimate, unless the model thresholds it.
func (c *Config) call(s *Schedule, l level, clip float64) (m Move, eps Linear2, err error) {
	m.T = l.t
	m.X0, eps, err = s.estimate(c.Prediction, l)
	if c.Threshold > 0 {
		m.Threshold, m.ThresholdMax = c.Threshold, c.ThresholdMax
	} else {
		m.Clip = clip
	}
	return m, eps, err
}

// solverClip is the bound in the solvers that go by x_0's estimates. At the first timesteps an error of eps counts some 150 times in x_0;
// what is beyond a picture's range there the next steps take for a picture of one colour, and end in it. The diffusers library's solvers
// clip nothing.
func (c *Config) solverClip(r Request) float64 {
	if r.Compat == Diffusers {
		return 0
	}
	return c.Clip
}

// Plan lists the moves of the chain r asks for, first to last.
func (c *Config) Plan(r Request) (*Plan, error) {
	s, err := c.Schedule()
	if err != nil {
		return nil, err
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	if r.Depth < 0 || r.Depth > s.T() {
		return nil, errors.New("depth must be from 1 to " + strconv.Itoa(s.T()) + ", found " + strconv.Itoa(r.Depth))
	}
	n := r.Steps
	if n == 0 {
		n = s.T()
		if usual := samplers[r.Sampler].steps; usual > 0 {
			n = min(usual, n)
		}
	}
	if len(r.Timesteps) > 0 {
		return c.listed(s, r)
	}
	switch r.Sampler {
	case DPMpp, DPMppSDE, UniPC:
		g, err := c.solverGrid(s, r, n)
		if err != nil {
			return nil, err
		}
		if r.Sampler == UniPC {
			return c.unipc(s, r, g)
		}
		return c.dpmpp(s, r, g)
	case Euler, EulerAncestral, Heun:
		g, err := c.eulerGrid(s, r, n)
		if err != nil {
			return nil, err
		}
		return c.sigmaSpace(s, r, g)
	}
	ts, err := Timesteps(c.spacing(r), n, s.T(), c.StepsOffset)
	if err != nil {
		return nil, err
	}
	for r.Depth > 0 && len(ts) > 0 && ts[0] >= r.Depth {
		ts = ts[1:]
	}
	if len(ts) == 0 {
		return nil, tooShallow(r)
	}
	switch r.Sampler {
	case DDPM:
		return c.ddpm(s, r, ts)
	case DDIM:
		return c.ddim(s, r, ts, s.T()/n)
	}
	return c.pndm(s, r, ts, s.T()/n)
}

// listed is a chain through given timesteps.
func (c *Config) listed(s *Schedule, r Request) (*Plan, error) {
	for i, t := range r.Timesteps {
		if t < 0 || t >= s.T() || i > 0 && t >= r.Timesteps[i-1] {
			return nil, errors.New("steps: timestep " + strconv.Itoa(t) + " of the list is outside 0 to " + strconv.Itoa(s.T()-1) + " or not below the one before")
		}
	}
	switch r.Sampler {
	case DDPM:
		return c.ddpm(s, r, r.Timesteps)
	case DDIM:
		return c.ddim(s, r, r.Timesteps, 0)
	}
	return nil, errors.New("steps: sampler " + string(r.Sampler) + " takes no list of timesteps: take ddpm or ddim")
}

func tooShallow(r Request) error {
	return errors.New("depth " + strconv.Itoa(r.Depth) + " lies below every timestep of the chain: take a greater depth or more steps")
}

func unknownSampler(name Sampler) error {
	list := ""
	for i, s := range Samplers {
		switch {
		case i == len(Samplers)-1:
			list += " or "
		case i > 0:
			list += ", "
		}
		list += string(s)
	}
	return errors.New("unknown sampler " + strconv.Quote(string(name)) + ", expected " + list)
}
