package diffusion_test

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/goldens"
)

// lists are the samplers by the names of the reference's lists.
var lists = map[string]diffusion.Sampler{"DDPM": diffusion.DDPM, "DDPMoffset1": diffusion.DDPM, "DDIM": diffusion.DDIM, "DPMSolverMultistep": diffusion.DPMpp,
	"UniPCMultistep": diffusion.UniPC, "EulerDiscrete": diffusion.Euler, "EulerAncestralDiscrete": diffusion.EulerAncestral, "HeunDiscrete": diffusion.Heun,
	"PNDM": diffusion.PNDM, "PNDMskip": diffusion.PLMS}

// TestTimesteps compares every sampler's calls with the library's lists. Lists that leave the table or stand still are refused.
func TestTimesteps(t *testing.T) {
	f := goldens.Open(t, "schedules", "timesteps.safetensors")
	checked := map[diffusion.Sampler]int{}
	for _, e := range f.Entries {
		part := strings.Split(e.Name, ".")
		sampler, ok := lists[part[0]]
		if !ok {
			t.Errorf("%s: unknown sampler", e.Name)
			continue
		}
		n, _ := strconv.Atoi(part[2])
		c := diffusion.Config{TrainTimesteps: f.Int("num_train_timesteps"), BetaSchedule: diffusion.Linear, BetaStart: 1e-4, BetaEnd: 0.02,
			Prediction: diffusion.Epsilon, Variance: diffusion.FixedSmall}
		if part[0] == "DDPMoffset1" {
			c.StepsOffset = 1
		}
		plan, err := c.Plan(diffusion.Request{Sampler: sampler, Steps: n, Spacing: diffusion.Spacing(part[1])})
		want := f.Float64s(e.Name)
		solver := sampler == diffusion.DPMpp || sampler == diffusion.UniPC
		if want[0] > 999 || solver && len(slices.Compact(slices.Clone(want))) < len(want) || solver && want[len(want)-1] < 0 {
			if err == nil {
				t.Errorf("%s: accepted", e.Name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		got := make([]float64, len(plan.Moves))
		for i, m := range plan.Moves {
			got[i] = m.T
		}
		// Fractional ones are float32 in the library.
		if _, err := goldens.Compare(got, want, goldens.Tolerance{Rel: 1e-6}); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
		checked[sampler]++
	}
	for name, sampler := range lists {
		if checked[sampler] < 20 {
			t.Errorf("%s: only %d lists checked", name, checked[sampler])
		}
	}
}

// The quadratic spacing: floor of the square of even numbers from 0 to sqrt(0.8 T), and each step to the next of them.
func TestQuadratic(t *testing.T) {
	c := diffusion.Config{TrainTimesteps: 1000, BetaSchedule: diffusion.Linear, BetaStart: 1e-4, BetaEnd: 0.02, Prediction: diffusion.Epsilon}
	plan, err := c.Plan(diffusion.Request{Sampler: diffusion.DDIM, Steps: 5, Spacing: diffusion.Quadratic})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := c.Schedule()
	for i, want := range []float64{800, 450, 200, 50, 0} {
		next := 1.0
		if i < 4 {
			next = s.AlphaBars[[]int{450, 200, 50, 0}[i]]
		}
		if m := plan.Moves[i]; m.T != want && m.T != want-1 || math.Abs(m.AlphaBar-next) > 0.02*next {
			t.Errorf("call %d at %v (alphaBar after it %v), want %v (%v)", i, m.T, m.AlphaBar, want, next)
		}
	}
	if _, err := c.Plan(diffusion.Request{Sampler: diffusion.DDIM, Steps: 500, Spacing: diffusion.Quadratic}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a list with repeats: %v", err)
	}
	if _, err := c.Plan(diffusion.Request{Sampler: diffusion.UniPC, Steps: 5, Spacing: diffusion.Quadratic}); err == nil {
		t.Error("unipc takes the quadratic spacing")
	}
}

// With posterior_mean the output is the mean of the step: unit steps take it as it is, skipped ones by the x_0 it stands for.
func TestPosteriorMean(t *testing.T) {
	c := diffusion.Config{TrainTimesteps: 100, BetaSchedule: diffusion.Linear, BetaStart: 1e-3, BetaEnd: 0.2, Prediction: diffusion.PosteriorMean, Variance: diffusion.FixedLarge,
		Spacing: diffusion.Leading}
	s, _ := c.Schedule()
	const x, x0 = 0.7, -0.3
	for _, sampler := range diffusion.Samplers {
		plan, err := c.Plan(diffusion.Request{Sampler: sampler, Steps: 10, Spacing: diffusion.Trailing})
		if sampler == diffusion.PNDM || sampler == diffusion.PLMS {
			if err == nil {
				t.Errorf("%s takes a prediction it cannot integrate", sampler)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", sampler, err)
			continue
		}
		for _, m := range plan.Moves {
			a, b, _ := s.Posterior(int(m.T))
			if got := m.X0.X*x + m.X0.Out*(a*x0+b*x); math.Abs(got-x0) > 1e-9 {
				t.Errorf("%s at %v: x_0 is %v, want %v", sampler, m.T, got, x0)
			}
		}
	}
	plan, err := c.Plan(diffusion.Request{Sampler: diffusion.DDPM})
	if err != nil || len(plan.Moves) != 100 {
		t.Fatal(err)
	}
	if op := plan.Moves[5].Ops[0]; op.Terms[0] != (diffusion.Term{Coef: 1, Of: diffusion.Out}) {
		t.Errorf("a unit step's mean is %+v", op)
	}
	if _, err := c.Plan(diffusion.Request{Sampler: diffusion.Euler, Steps: 7}); err == nil || !strings.Contains(err.Error(), "whole timesteps") {
		t.Errorf("fractional timesteps: %v", err)
	}
}

// Scheduler files call the fixed variances by their logarithms too.
func TestLogVariances(t *testing.T) {
	c := diffusion.Config{TrainTimesteps: 100, BetaSchedule: diffusion.Linear, BetaStart: 1e-3, BetaEnd: 0.2, Prediction: diffusion.Epsilon, Spacing: diffusion.Leading}
	for _, v := range []diffusion.Variance{diffusion.FixedSmall, diffusion.FixedLarge} {
		a, err := c.Plan(diffusion.Request{Sampler: diffusion.DDPM, Variance: v})
		b, errLog := c.Plan(diffusion.Request{Sampler: diffusion.DDPM, Variance: v + "_log"})
		if err != nil || errLog != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %v, %v", v, err, errLog)
		}
	}
}

// What no chain can be made of is refused by name.
func TestPlanRefuses(t *testing.T) {
	c := diffusion.Config{TrainTimesteps: 1000, BetaSchedule: diffusion.Linear, BetaStart: 1e-4, BetaEnd: 0.02, Prediction: diffusion.Sample, Spacing: diffusion.Leading}
	zero := c
	zero.ZeroSNR, zero.Prediction = true, diffusion.Epsilon
	for _, f := range []struct {
		c    *diffusion.Config
		r    diffusion.Request
		says string
	}{
		{&c, diffusion.Request{Sampler: "leapfrog"}, "euler-ancestral"},
		{&c, diffusion.Request{Sampler: diffusion.PNDM}, "take another sampler"},
		{&c, diffusion.Request{Sampler: diffusion.DDIM, Steps: 1001}, "1 to 1000"},
		{&c, diffusion.Request{Sampler: diffusion.DDIM, Steps: -1}, "-1"},
		{&c, diffusion.Request{Sampler: diffusion.UniPC, Steps: 1000}, "fewer steps"},
		{&c, diffusion.Request{Sampler: diffusion.Heun, Spacing: "odd"}, "odd"},
		{&c, diffusion.Request{Sampler: diffusion.DDIM, Solver: diffusion.Solver{Order: 2}}, "order"},
		{&c, diffusion.Request{Sampler: diffusion.DPMpp, Solver: diffusion.Solver{Order: 4}}, "1 to 3"},
		{&c, diffusion.Request{Sampler: diffusion.DPMpp, Solver: diffusion.Solver{Type: "bh1"}}, "midpoint"},
		{&c, diffusion.Request{Sampler: diffusion.Euler, Solver: diffusion.Solver{Type: "bh1"}}, "solver type"},
		{&c, diffusion.Request{Sampler: diffusion.DDPM, Solver: diffusion.Solver{Karras: true}}, "Karras"},
		{&c, diffusion.Request{Sampler: diffusion.DDPM, Compat: "matlab"}, "matlab"},
		{&c, diffusion.Request{Sampler: diffusion.DDPM}, "variance"},
		{&c, diffusion.Request{Sampler: diffusion.DDIM, Timesteps: []int{5, 7}}, "timestep 7"},
		{&c, diffusion.Request{Sampler: diffusion.DDIM, Timesteps: []int{1000}}, "0 to 999"},
		{&c, diffusion.Request{Sampler: diffusion.Heun, Timesteps: []int{5}}, "no list"},
		{&c, diffusion.Request{Sampler: diffusion.DDIM, Depth: 1001}, "depth"},
		{&zero, diffusion.Request{Sampler: diffusion.DDIM, Spacing: diffusion.Trailing}, "alphaBar is 0"},
	} {
		if _, err := f.c.Plan(f.r); err == nil || !strings.Contains(err.Error(), f.says) {
			t.Errorf("%+v: error %v, want one that says %q", f.r, err, f.says)
		}
	}
}
