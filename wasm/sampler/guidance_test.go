package sampler_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/goldens"
	"unnoise/wasm/sampler"
	"unnoise/wasm/unet"
)

// labelled is a network whose output is the label, whatever it sees, and whose variance channels are the label's tenth.
func labelled(outChannels int) *engine.Denoiser {
	net := &unet.Network{InChannels: 1, OutChannels: outChannels, Height: 2, Width: 2, Classes: 10, NullLabel: 9}
	return engine.FuncDenoiser(cpu.New(cpu.Options{Threads: 1}), net, func(_ context.Context, out, x engine.Tensor, _ []float64, labels []int) error {
		v := make([]float32, out.Shape().Len())
		each := len(v) / out.Shape().N
		for i := range v {
			v[i] = 9
			if labels != nil {
				v[i] = float32(labels[i/each])
			}
			if i%each >= 4 {
				v[i] /= 10
			}
		}
		return out.Write(v)
	})
}

// With guidance the output is null + g (label - null), per sample; the predicted variance stays the label's.
func TestGuidance(t *testing.T) {
	process := diffusion.Config{TrainTimesteps: 10, BetaSchedule: diffusion.Linear, BetaStart: 0.01, BetaEnd: 0.2, Prediction: diffusion.Sample,
		Variance: diffusion.LearnedRange, Spacing: diffusion.Leading}
	for _, g := range []float64{0, 1, 2.5, -1} {
		d := labelled(2)
		c, err := sampler.New(d, &process, sampler.Config{Request: diffusion.Request{Sampler: diffusion.DDPM}, Count: 2, Labels: []int{3, 5}, Guidance: g})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		if g == 0 {
			g = 1
		}
		want := func(label float64) float32 { return float32(9 + g*(label-9)) }
		got := make([]float32, 8)
		if err := c.X0().Read(t.Context(), got); err != nil {
			t.Fatal(err)
		}
		if _, err := goldens.Compare(got, []float32{want(3), want(3), want(3), want(3), want(5), want(5), want(5), want(5)}, goldens.Tolerance{Abs: 1e-5}); err != nil {
			t.Errorf("guidance %g: %v", g, err)
		}
		c.Release()
	}
}

// With guidance ddim's noise is that of the clipped estimate of x_0, and as the network has it without, or with diffusers' ways.
func TestGuidanceFromClipped(t *testing.T) {
	process := diffusion.Config{TrainTimesteps: 10, BetaSchedule: diffusion.Linear, BetaStart: 0.01, BetaEnd: 0.2, Prediction: diffusion.Sample,
		Variance: diffusion.FixedSmall, Spacing: diffusion.Leading, Clip: 2}
	s, err := process.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	a, before := s.AlphaBar(8), s.AlphaBar(6)
	for _, c := range []struct {
		guidance  float64
		compat    diffusion.Compat
		out, from float64 // the network's, and the estimate that the noise belongs to
	}{{3, "", -9, -2}, {3, diffusion.Diffusers, -9, -9}, {1, "", 3, 3}} {
		chain, err := sampler.New(labelled(1), &process, sampler.Config{Request: diffusion.Request{Sampler: diffusion.DDIM, Steps: 5, Compat: c.compat},
			Count: 1, Labels: []int{3}, Guidance: c.guidance, Begin: []float32{0.5, 0.5, 0.5, 0.5}})
		if err != nil {
			t.Fatal(err)
		}
		if err := chain.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		eps := (0.5 - math.Sqrt(a)*c.from) / math.Sqrt(1-a)
		want := float32(math.Sqrt(before)*min(max(c.out, -2), 2) + math.Sqrt(1-before)*eps)
		got := make([]float32, 4)
		if err := chain.X().Read(t.Context(), got); err != nil {
			t.Fatal(err)
		}
		if _, err := goldens.Compare(got, []float32{want, want, want, want}, goldens.Tolerance{Abs: 1e-5}); err != nil {
			t.Errorf("guidance %g, compat %q: %v", c.guidance, c.compat, err)
		}
		chain.Release()
	}
}

// logSigma is ln sigma of a chain's first step: what a noise of 1 adds to the state.
func logSigma(t *testing.T, process *diffusion.Config, v diffusion.Variance) float64 {
	t.Helper()
	var states [2]float32
	for i := range states {
		c, err := sampler.New(labelled(2), process, sampler.Config{Request: diffusion.Request{Sampler: diffusion.DDPM, Variance: v}, Count: 1, Labels: []int{2},
			Trace: func(k int, out []float32) {
				for j := range out {
					out[j] = float32(min(i, k+1))
				}
			}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Release()
		if err := c.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := make([]float32, 4)
		if err := c.X().Read(t.Context(), got); err != nil {
			t.Fatal(err)
		}
		states[i] = got[0]
	}
	return math.Log(float64(states[1]) - float64(states[0]))
}

// The noise of a learned variance lies where the network says, 0.2 from -1 to 1, between the logarithms of the two fixed ones;
// or is the logarithm itself.
func TestLearnedVariance(t *testing.T) {
	process := &diffusion.Config{TrainTimesteps: 10, BetaSchedule: diffusion.Linear, BetaStart: 0.01, BetaEnd: 0.2, Prediction: diffusion.Sample, Spacing: diffusion.Leading}
	lo, hi := logSigma(t, process, diffusion.FixedSmall), logSigma(t, process, diffusion.FixedLarge)
	if got, want := logSigma(t, process, diffusion.LearnedRange), 0.6*hi+0.4*lo; math.Abs(got-want) > 1e-5 || lo >= hi {
		t.Errorf("ln sigma is %v between %v and %v, want %v", got, lo, hi, want)
	}
	if got := logSigma(t, process, diffusion.Learned); math.Abs(got-0.1) > 1e-5 {
		t.Errorf("ln sigma of a learned variance is %v, want 0.1", got)
	}
}

// A network that predicts its variance samples with it, and with the fixed ones.
func TestLearnedNetwork(t *testing.T) {
	l := load(t, "learned-sigma")
	var seen [][]float32
	for _, v := range []diffusion.Variance{"", diffusion.FixedSmall, diffusion.FixedLarge} {
		got := l.picture(sampler.Config{Request: diffusion.Request{Sampler: diffusion.DDPM, Steps: 3, Variance: v}, Count: 1})
		for _, other := range seen {
			if slices.Equal(got, other) {
				t.Errorf("variance %q makes no difference", v)
			}
		}
		seen = append(seen, got)
	}
}
