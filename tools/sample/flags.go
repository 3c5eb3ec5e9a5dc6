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
	Sampler  string  `enum:"ddpm,ddim" default:"ddim" help:"ddpm (Ho et al. 2020) or ddim (Song et al. 2021)."`
	Steps    *int    `placeholder:"N" help:"Steps of the chain, spaced as the pack says; ddim takes 50 otherwise, ddpm all timesteps."`
	Eta      float64 `default:"0" help:"Noise of ddim, from 0 (none) to 1 (as much as ddpm)."`
	Variance string  `enum:",fixed_small,fixed_large" default:"" placeholder:"NAME" help:"Variance of ddpm: fixed_small or fixed_large; the pack's otherwise."`
}

// check reports values that no model could take, and flags the sampler would leave unused.
func (f *chainFlags) check() error {
	switch {
	case f.Steps != nil && *f.Steps < 1:
		return fmt.Errorf("--steps must be at least 1, found %d", *f.Steps)
	case !(f.Eta >= 0 && f.Eta <= 1):
		return fmt.Errorf("--eta must be from 0 to 1, found %g", f.Eta)
	case f.Eta != 0 && f.Sampler != string(diffusion.SamplerDDIM):
		return errors.New("--eta belongs to --sampler ddim")
	case f.Variance != "" && f.Sampler != string(diffusion.SamplerDDPM):
		return errors.New("--variance belongs to --sampler ddpm; ddim has --eta")
	}
	return nil
}

// request is what the sampler is asked for; 0 steps stand for the sampler's own number.
func (f *chainFlags) request() diffusion.Request {
	r := diffusion.Request{Sampler: diffusion.Sampler(f.Sampler), Eta: f.Eta, Variance: diffusion.Variance(f.Variance)}
	if f.Steps != nil {
		r.Steps = *f.Steps
	}
	return r
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

// variance is the variance that ddpm uses, "" for ddim.
func (f *chainFlags) variance(s *session) string {
	if f.Sampler == string(diffusion.SamplerDDPM) && f.Variance == "" {
		return string(s.Process.Variance)
	}
	return f.Variance
}
