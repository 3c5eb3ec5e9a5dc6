package enginetest

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"unnoise/kernels"
	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/goldens"
	"unnoise/wasm/sampler"
	"unnoise/weights"
)

// chainBound: the reference's README allows 1e-4 at every mark of a chain with a float32 state and network.
const chainBound = 1e-4

// estimateBound is what float32 leaves of the network's output, and so of x_0's estimate times sqrt(alphaBar/(1-alphaBar)): the networks of
// the chains are within 2e-6 of float64 on every engine. At t = 999 a single unit in the last place of eps moves the estimate by 2e-5.
const estimateBound = 2e-6

// Chains runs every chain of goldens/chains that goes through a U-Net, with float32 weights against the kept states and
// with float16 weights against the final state. few is for engines that take long for a step: chains of 1000 steps with float32
// weights and one variance alone.
func Chains(t *testing.T, e engine.Engine, few bool) {
	checked := 0
	for _, name := range goldens.Names(t, "chains") {
		if !strings.HasPrefix(name, "unet-") {
			continue
		}
		checked++
		t.Run(name, func(t *testing.T) {
			f := goldens.Open(t, "chains", name+".safetensors")
			dir := filepath.Join(goldens.Dir(t), filepath.FromSlash(f.Text("model")))
			long := few && f.Int("num_inference_steps") > 100
			for i, variant := range variants(f) {
				if long && i > 0 {
					break
				}
				c := chainCase{t: t, e: e, f: f, variant: variant}
				c.run(dir, weights.F32)
				if !long {
					c.run(dir, weights.F16)
				}
			}
		})
	}
	if checked == 0 {
		t.Error("no chains checked")
	}
}

func variants(f *goldens.File) []string {
	var out []string
	for _, e := range f.Entries {
		if v, ok := strings.CutPrefix(e.Name, "x."); ok {
			out = append(out, v)
		}
	}
	return out
}

// chainCase is one variant (variance or eta) of a reference chain.
type chainCase struct {
	t       *testing.T
	e       engine.Engine
	f       *goldens.File
	variant string
}

// request reads what the variant asks for: "fixed_large" or "fixed_small", "eta0" or "eta1".
func (c *chainCase) request() diffusion.Request {
	r := diffusion.Request{Sampler: diffusion.DDPM, Steps: c.f.Int("num_inference_steps"), Variance: diffusion.Variance(c.variant)}
	if c.f.Text("scheduler") == "DDIMScheduler" {
		r.Sampler, r.Variance = diffusion.DDIM, ""
		if c.variant == "eta1" {
			r.Eta = 1
		}
	}
	return r
}

func (c *chainCase) run(dir string, dtype weights.DType) {
	m := Pack(c.t, dir, dtype)
	xT, z := c.f.Values("x_T"), []float32(nil)
	if c.f.Has("z") {
		z = c.f.Values("z")
	}
	cfg := sampler.Config{Request: c.request(), Count: c.f.Shape("x_T")[0], Trace: func(k int, out []float32) {
		if k < 0 {
			copy(out, xT)
			return
		}
		copy(out, z[k*len(out):])
	}}
	chain, err := sampler.New(Denoiser(c.t, c.e, m), &m.Process, cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	defer chain.Release()
	schedule, err := m.Process.Schedule()
	if err != nil {
		c.t.Fatal(err)
	}
	c.follow(chain, schedule, dtype)
}

// follow steps to the end and compares the kept states (float32 weights) or the last (float16).
func (c *chainCase) follow(chain *sampler.Chain, schedule *diffusion.Schedule, dtype weights.DType) {
	kept, row := c.f.Float64s("step"), 0
	worst := 0.0
	for !chain.Done() {
		k := chain.Index()
		signal, noise := schedule.Forward(int(chain.Timestep()))
		if err := chain.Step(context.Background()); err != nil {
			c.t.Fatal(err)
		}
		if row == len(kept) || int(kept[row]) != k {
			continue
		}
		if dtype == weights.F32 {
			estimate := chainBound + estimateBound*noise/signal
			worst = max(worst, c.compare(chain.X(), "x", row, chainBound), c.compare(chain.X0(), "x0", row, estimate))
		}
		row++
	}
	if row != len(kept) {
		c.t.Errorf("%d of %d states checked", row, len(kept))
	}
	last := read(c.t, chain.X())
	if dtype == weights.F16 {
		diff, err := goldens.Compare(last, c.f.Values("x_final_w16."+c.variant), goldens.Tolerance{Abs: chainBound})
		if err != nil {
			c.t.Errorf("%s, float16 weights: %v", c.variant, err)
		}
		worst = diff
	} else {
		c.image(last)
	}
	c.t.Logf("%s %s: largest difference %.2g", c.variant, dtype, worst)
}

func (c *chainCase) compare(state engine.Tensor, name string, row int, bound float64) float64 {
	got := read(c.t, state)
	want := c.f.Values(name + "." + c.variant)[row*len(got):][:len(got)]
	worst, err := goldens.Compare(got, want, goldens.Tolerance{Abs: bound})
	if err != nil {
		c.t.Errorf("%s %s at mark %d: %v", c.variant, name, row, err)
	}
	return worst
}

// image compares the 8-bit picture: at most one level apart.
func (c *chainCase) image(last []float32) {
	for i, want := range c.f.Float64s("image." + c.variant) {
		if d := float64(kernels.Level(last[i])) - want; d > 1 || d < -1 {
			c.t.Errorf("%s: pixel value %d is %d, want %g", c.variant, i, kernels.Level(last[i]), want)
			return
		}
	}
}

func read(t testing.TB, x engine.Tensor) []float32 {
	t.Helper()
	v := make([]float32, x.Shape().Len())
	if err := x.Read(context.Background(), v); err != nil {
		t.Fatal(err)
	}
	return v
}
