package diffusion

import (
	"errors"
	"strconv"
)

// Sampler names a sampler.
type Sampler string

// The samplers.
const (
	DDPM           Sampler = "ddpm"            // Ho, Jain and Abbeel 2020, Algorithm 2
	DDIM           Sampler = "ddim"            // Song, Meng and Ermon 2021
	DPMpp          Sampler = "dpmpp"           // DPM-Solver++, multistep (Lu et al. 2022)
	DPMppSDE       Sampler = "dpmpp-sde"       // the same with fresh noise in every step
	UniPC          Sampler = "unipc"           // Zhao et al. 2023
	Euler          Sampler = "euler"           // Karras et al. 2022, Algorithm 1 without its correction
	EulerAncestral Sampler = "euler-ancestral" // Euler's method with fresh noise
	Heun           Sampler = "heun"            // Karras et al. 2022, Algorithm 1: 2N-1 calls of the network
	PNDM           Sampler = "pndm"            // Liu et al. 2022, with Runge-Kutta steps first: N+9 calls
	PLMS           Sampler = "plms"            // the same without: N+1 calls
)

// Samplers lists them in the order they are shown.
var Samplers = []Sampler{DDPM, DDIM, DPMpp, DPMppSDE, UniPC, Euler, EulerAncestral, Heun, PNDM, PLMS}

// samplers say what a sampler takes.
var samplers = map[Sampler]struct {
	steps      int  // taken where none are asked for; 0: every timestep
	ownSpacing bool // the model's spacing is meant for it
	solver     []string
	order      int // largest order; 0: it has none to choose
	karras     bool
}{
	DDPM: {ownSpacing: true}, DDIM: {steps: 50, ownSpacing: true},
	DPMpp:    {steps: 20, solver: []string{"midpoint", "heun"}, order: 3, karras: true},
	DPMppSDE: {steps: 20, solver: []string{"midpoint", "heun"}, order: 2, karras: true},
	UniPC:    {steps: 20, solver: []string{"bh2", "bh1"}, order: 3, karras: true},
	Euler:    {steps: 30, karras: true}, EulerAncestral: {steps: 30}, Heun: {steps: 20, karras: true},
	PNDM: {steps: 50, ownSpacing: true}, PLMS: {steps: 50, ownSpacing: true},
}

// Compat names another program whose ways are to be followed where they are faults.
type Compat string

// Diffusers makes ddpm add noise after the last step where that leaves a timestep above 0 (trailing spacing, steps_offset), and the
// samplers other than ddpm and ddim leave x_0's estimate as large as it comes where the model clips it.
const Diffusers Compat = "diffusers"

// Request asks for a chain. The zero value of every field but Sampler means what is usual.
type Request struct {
	Sampler     Sampler
	Steps       int
	Eta         float64 // ddim
	Variance    Variance
	Spacing     Spacing
	FromClipped bool // ddim takes the noise from the clipped x_0 estimate (use_clipped_model_output)
	Compat      Compat
	// Depth leaves out the timesteps from it on, for a chain that starts from a given state there; 0: none.
	Depth int
	// Timesteps are the timesteps to visit, largest first, instead of Steps and Spacing; for ddpm and ddim, which then step from each
	// to the next.
	Timesteps []int
	Solver
}

// Solver is what the fast samplers have to choose.
type Solver struct {
	Order  int    // 2 where 0
	Type   string // dpmpp: midpoint, heun; unipc: bh2, bh1
	Karras bool   // sigmas spaced as Karras et al. 2022 have them
	// SigmaMin ends at the smallest noise of training instead of none.
	SigmaMin bool
	// EulerFinal makes the last step one of first order; HighOrderFinal keeps the order in the last steps of short chains.
	EulerFinal, HighOrderFinal bool
	LambdaMin                  float64 // leaves out timesteps whose ln(alpha/sigma) is lower; 0: none
}

// Check reports what no model could be asked for.
func (r Request) Check() error {
	about, ok := samplers[r.Sampler]
	if !ok {
		return unknownSampler(r.Sampler)
	}
	if r.Order != 0 && (r.Order < 1 || r.Order > about.order) {
		if about.order == 0 {
			return errors.New("sampler " + string(r.Sampler) + " has no order to choose")
		}
		return errors.New("order of " + string(r.Sampler) + " must be from 1 to " + strconv.Itoa(about.order) + ", found " + strconv.Itoa(r.Order))
	}
	if r.Karras && !about.karras {
		return errors.New("sampler " + string(r.Sampler) + " does not take Karras sigmas")
	}
	if r.Type != "" && (len(about.solver) == 0 || r.Type != about.solver[0] && r.Type != about.solver[1]) {
		if len(about.solver) == 0 {
			return errors.New("sampler " + string(r.Sampler) + " has no solver type to choose")
		}
		return errors.New("unknown solver type " + strconv.Quote(r.Type) + " of " + string(r.Sampler) + ", expected " + about.solver[0] + " or " + about.solver[1])
	}
	if r.Order < 0 {
		return errors.New("order must not be negative, found " + strconv.Itoa(r.Order))
	}
	if r.Compat != "" && r.Compat != Diffusers {
		return errors.New("unknown program " + strconv.Quote(string(r.Compat)) + " to be compatible with, expected diffusers")
	}
	return nil
}

// order is the solver's order.
func (r *Request) order() int {
	if r.Order == 0 {
		return 2
	}
	return r.Order
}
