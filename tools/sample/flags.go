package main

import (
	"errors"
	"fmt"

	"unnoise/wasm/diffusion"
)

// maxSamples bounds --n: more fit no grid that anybody looks at.
const maxSamples = 4096

// modelFlags choose the pack and the machine.
type modelFlags struct {
	Model   string `required:"" placeholder:"PACK" help:"The pack to use; convert makes one."`
	Threads int    `placeholder:"N" help:"Threads to compute with; one per processor otherwise."`
	Engine  string `enum:"cpu" default:"cpu" help:"What computes: cpu."`
}

func (f *modelFlags) check() error {
	if f.Threads < 0 {
		return fmt.Errorf("--threads must be at least 1, found %d", f.Threads)
	}
	return nil
}

// chainFlags say which reverse chain to run.
type chainFlags struct {
	Sampler    string  `enum:"ddpm,ddim,dpmpp,dpmpp-sde,unipc,euler,euler-ancestral,heun,pndm,plms" default:"ddim" help:"ddpm (Ho et al. 2020), ddim (Song et al. 2021), dpmpp and dpmpp-sde (DPM-Solver++), unipc, euler, euler-ancestral, heun, pndm or plms."`
	Steps      *int    `placeholder:"N" help:"Steps of the chain; without it ddpm takes all timesteps, ddim, pndm and plms 50, euler 30, the others 20."`
	Eta        float64 `default:"0" help:"Noise of ddim, from 0 (none) to 1 (as much as ddpm)."`
	Variance   string  `enum:",fixed_small,fixed_large,learned,learned_range" default:"" placeholder:"NAME" help:"Variance of ddpm: fixed_small, fixed_large, learned or learned_range; the pack's otherwise."`
	Spacing    string  `enum:",leading,linspace,trailing,quadratic" default:"" placeholder:"NAME" help:"Timesteps of a shorter chain: leading, linspace, trailing or (ddpm, ddim) quadratic. Otherwise the pack's with ddpm, ddim, pndm and plms, and linspace with the others."`
	Order      int     `placeholder:"N" help:"Order of dpmpp (1 to 3), dpmpp-sde (1, 2) and unipc (1 to 3); 2 otherwise."`
	Solver     string  `enum:",midpoint,heun,bh1,bh2" default:"" placeholder:"NAME" help:"Form of dpmpp and dpmpp-sde (midpoint, heun) and of unipc (bh2, bh1)."`
	Karras     bool    `help:"Space the noise levels of dpmpp, unipc, euler and heun as Karras et al. 2022 do."`
	FinalSigma string  `enum:"zero,sigma_min" default:"zero" help:"Where dpmpp and unipc end: zero, or sigma_min, the smallest noise of training."`
	FromClip   bool    `help:"ddim takes the noise from the clipped estimate of x_0 (use_clipped_model_output)."`
	Compat     string  `enum:",diffusers" default:"" placeholder:"diffusers" help:"Do as the diffusers library where that is a fault: ddpm adds noise after the last step if that leaves a timestep above 0; samplers other than ddpm and ddim do not clip the estimate of x_0 where the model does."`
}

// check reports values that no model could take, and flags the sampler would leave unused.
func (f *chainFlags) check() error {
	s := diffusion.Sampler(f.Sampler)
	solver := s == diffusion.DPMpp || s == diffusion.DPMppSDE || s == diffusion.UniPC
	switch {
	case f.Steps != nil && *f.Steps < 1:
		return fmt.Errorf("--steps must be at least 1, found %d", *f.Steps)
	case !(f.Eta >= 0 && f.Eta <= 1):
		return fmt.Errorf("--eta must be from 0 to 1, found %g", f.Eta)
	case f.Eta != 0 && s != diffusion.DDIM:
		return errors.New("--eta belongs to --sampler ddim")
	case f.FromClip && s != diffusion.DDIM:
		return errors.New("--from-clip belongs to --sampler ddim")
	case f.Variance != "" && s != diffusion.DDPM:
		return errors.New("--variance belongs to --sampler ddpm; ddim has --eta")
	case f.FinalSigma != "zero" && !solver:
		return errors.New("--final-sigma belongs to --sampler dpmpp, dpmpp-sde and unipc")
	}
	return f.request().Check()
}

// request is what the sampler is asked for; 0 steps stand for the sampler's own number.
func (f *chainFlags) request() diffusion.Request {
	r := diffusion.Request{Sampler: diffusion.Sampler(f.Sampler), Eta: f.Eta, Variance: diffusion.Variance(f.Variance), Spacing: diffusion.Spacing(f.Spacing),
		FromClipped: f.FromClip, Compat: diffusion.Compat(f.Compat),
		Solver: diffusion.Solver{Order: f.Order, Type: f.Solver, Karras: f.Karras, SigmaMin: f.FinalSigma == "sigma_min"}}
	if f.Steps != nil {
		r.Steps = *f.Steps
	}
	return r
}

// classFlags say what class models draw.
type classFlags struct {
	Labels   []int   `aliases:"label" placeholder:"Y" help:"Class labels: one for all samples or one for each; without them the label that stands for no class, where the model has one."`
	Guidance float64 `default:"1" help:"Classifier-free guidance (Ho and Salimans 2022): null + G (labelled - null); 1 is none."`
}

// spread gives every one of n samples its label: none, one for all, or one each.
func spread(labels []int, n int) ([]int, error) {
	if len(labels) != 1 {
		if len(labels) != 0 && len(labels) != n {
			return nil, fmt.Errorf("--labels has %d labels for %d samples: give one for all or one for each", len(labels), n)
		}
		return labels, nil
	}
	all := make([]int, n)
	for i := range all {
		all[i] = labels[0]
	}
	return all, nil
}

// slice is the labels of count samples from first on; nil where there are none.
func slice(labels []int, first, count int) []int {
	if len(labels) == 0 {
		return nil
	}
	return labels[first:][:count]
}

// variance is the variance that ddpm uses, "" for the others.
func (f *chainFlags) variance(s *session) string {
	if f.Sampler == string(diffusion.DDPM) && f.Variance == "" {
		return string(s.Process.Variance)
	}
	return f.Variance
}
