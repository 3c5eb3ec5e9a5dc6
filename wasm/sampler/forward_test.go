package sampler_test

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"unnoise/kernels"
	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/goldens"
	"unnoise/wasm/sampler"
	"unnoise/weights"
)

// interpolationBound is the references' for a float32 network and state.
const interpolationBound = 1e-5

// TestInterpolation runs the reference of figures 8 and 9: two pictures noised to a depth, mixed, and denoised with one noise.
func TestInterpolation(t *testing.T) {
	f := goldens.Open(t, "interpolation", "chain-tutorial.safetensors")
	m := enginetest.Pack(t, goldens.Dir(t)+"/unet/chain-tutorial", weights.F32)
	d := enginetest.Denoiser(t, cpu.New(cpu.Options{}), m)
	process := m.Process
	s, err := process.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	lambda, images, noise, z := f.Float64s("lambda"), f.Float64s("images"), f.Float64s("noise_encode"), f.Values("z")
	size := len(images) / 2
	for _, depth := range []int{125, 250, 500, 1000} {
		signal, spread := s.Forward(depth - 1)
		noised := make([]float32, 2*size)
		for i := range noised {
			noised[i] = float32(signal*(images[i]/127.5-1) + spread*noise[i])
		}
		begin := sampler.Mix(noised[:size], noised[size:], lambda)
		name := strconv.Itoa(depth)
		if _, err := goldens.Compare(begin, f.Values("x_t."+name), goldens.Tolerance{Abs: interpolationBound}); err != nil {
			t.Errorf("x_t at depth %d: %v", depth, err)
		}
		l := &loaded{t, d, process}
		got := l.picture(sampler.Config{Request: diffusion.Request{Sampler: diffusion.DDPM, Variance: diffusion.FixedSmall, Depth: depth}, Count: len(lambda), Begin: begin,
			Trace: func(k int, out []float32) {
				for at := 0; at < len(out); at += size {
					copy(out[at:], z[(depth-1-k)*size:][:size])
				}
			}})
		worst, err := goldens.Compare(got, f.Values("final."+name), goldens.Tolerance{Abs: interpolationBound})
		if err != nil {
			t.Errorf("depth %d: %v", depth, err)
		}
		t.Logf("depth %d: largest difference %.2g", depth, worst)
		for i, want := range f.Float64s("image." + name) {
			if d := float64(kernels.Level(got[i])) - want; math.Abs(d) > 1 {
				t.Errorf("depth %d: level %d is %g off", depth, i, d)
			}
		}
	}
}

// Forward is q(x_t given x_0): its parts are those of equation 4, every sample has its own noise, the same alone and among others.
func TestForward(t *testing.T) {
	x := make([]float32, 2*4096)
	for i := range x {
		x[i] = 0.5
	}
	const alphaBar = 0.36
	both := sampler.Forward(x, 2, alphaBar, 3, 100, 0)
	if slices.Equal(both[:4096], both[4096:]) {
		t.Error("two samples have the same noise")
	}
	if !slices.Equal(sampler.Forward(x[:4096], 1, alphaBar, 3, 100, 1), both[4096:]) {
		t.Error("a sample alone has another noise")
	}
	if slices.Equal(both, sampler.Forward(x, 2, alphaBar, 3, 101, 0)) || slices.Equal(both, sampler.Forward(x, 2, alphaBar, 4, 100, 0)) {
		t.Error("depth or seed do not count")
	}
	var sum, squares float64
	for _, v := range both {
		sum += float64(v)
		squares += (float64(v) - 0.3) * (float64(v) - 0.3)
	}
	n := float64(len(both)) // standard errors: 0.009 of the mean, 0.010 of the variance
	if mean, variance := sum/n, squares/n; math.Abs(mean-0.3) > 0.04 || math.Abs(variance-0.64) > 0.04 {
		t.Errorf("mean %v, variance %v; want 0.3 and 0.64", mean, variance)
	}
}

// A chain from the middle goes through the timesteps below its depth alone, and from the state it is given.
func TestDepth(t *testing.T) {
	l := load(t, "chain-tutorial")
	for _, r := range requests {
		r.Depth, r.Steps = 400, 20
		begin := make([]float32, l.d.InShape(1).Len())
		c := l.chain(sampler.Config{Request: r, Count: 1, Begin: begin})
		if c.Timestep() >= 400 || c.Timestep() < 200 {
			t.Errorf("%s begins at timestep %d", r.Sampler, c.Timestep())
		}
		if !slices.Equal(l.read(c.X()), begin) {
			t.Errorf("%s does not begin with the given state", r.Sampler)
		}
		l.step(c, -1)
	}
}
