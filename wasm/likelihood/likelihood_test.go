package likelihood_test

import (
	"math"
	"strings"
	"testing"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/goldens"
	"unnoise/wasm/likelihood"
	"unnoise/wasm/model"
	"unnoise/weights"
)

func TestDecoder(t *testing.T) {
	f := goldens.Open(t, "likelihood", "decoder.safetensors")
	mean, sigma, logp := f.Float64s("mean"), f.Float64s("sigma"), f.Float64s("logp")
	for i := range mean {
		for k := range 256 {
			got := math.Exp(diffusion.DecoderLogProb(float64(k)/127.5-1, mean[i], sigma[i]))
			if want := math.Exp(logp[i*256+k]); math.Abs(got-want) > 1e-12 {
				t.Errorf("mean %g, sigma %g, level %d: probability %g, want %g", mean[i], sigma[i], k, got, want)
			}
		}
	}
}

// reference is a file of bounds with its model, as a float32 pack.
type reference struct {
	*goldens.File
	d       *engine.Denoiser
	process diffusion.Config
	T, n    int
}

func open(t *testing.T, name string) *reference {
	t.Helper()
	r := &reference{File: goldens.Open(t, "likelihood", name+".safetensors")}
	var m *model.Model = enginetest.Pack(t, goldens.Dir(t)+"/"+r.Text("model"), weights.F32)
	r.d, r.process, r.T, r.n = enginetest.Denoiser(t, cpu.New(cpu.Options{}), m), m.Process, r.Int("T"), r.Shape("images")[0]
	return r
}

// picture is image i as x_0.
func (r *reference) picture(i int) []float64 {
	all := r.Float64s("images")
	size := len(all) / r.n
	x := all[i*size:][:size]
	for j := range x {
		x[j] = x[j]/127.5 - 1
	}
	return x
}

// terms computes all terms of image i with the reference's noise.
func (r *reference) terms(t *testing.T, noise []float32, o likelihood.Options, i int) (b *likelihood.Bound, out []likelihood.Term) {
	t.Helper()
	b, err := likelihood.New(r.d, &r.process, o)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	x := r.picture(i)
	size := len(x)
	row := len(noise) / r.T
	const batch = 50
	for first := 0; first < r.T; first += batch {
		var ts []int
		var z []float32
		for k := first; k < min(first+batch, r.T); k++ {
			ts = append(ts, k)
			z = append(z, noise[k*row+i*size%row:][:size]...)
		}
		list, err := b.Terms(t.Context(), x, ts, z)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, list...)
	}
	return b, out
}

// The references' bounds: 1e-5 relative per term, 1e-6 for totals, with a float32 network and float64 formulas.
const (
	termBound  = 1e-5
	totalBound = 1e-6
)

// TestBounds computes every reference: both variances, with and without clipping.
func TestBounds(t *testing.T) {
	for _, name := range goldens.Names(t, "likelihood") {
		if name == "decoder" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			r := open(t, name)
			noise := r.Values("noise")
			for key, o := range map[string]likelihood.Options{
				"posterior.clip": {Variance: diffusion.FixedSmall}, "posterior.raw": {Variance: diffusion.FixedSmall, Raw: true},
				"beta.clip": {Variance: diffusion.FixedLarge, LiteralFirst: true}, "beta.raw": {Variance: diffusion.FixedLarge, LiteralFirst: true, Raw: true},
			} {
				o.Label = -1
				for i := range r.n {
					b, terms := r.terms(t, noise, o, i)
					r.compare(t, key, i, b, terms)
				}
			}
			r.paperFirst(t, noise)
		})
	}
}

func (r *reference) compare(t *testing.T, key string, image int, b *likelihood.Bound, terms []likelihood.Term) {
	t.Helper()
	var x32 []float32
	for _, v := range r.picture(image) {
		x32 = append(x32, float32(v))
	}
	total, worst := b.Prior(x32), 0.0
	near := func(what string, at int, got, want, bound float64) {
		t.Helper()
		d := math.Abs(got-want) / math.Abs(want)
		if worst = max(worst, d); !(d <= bound) {
			t.Fatalf("%s, image %d: %s at %d is %g, want %g", key, image, what, at, got, want)
		}
	}
	near("L_T", 0, total, r.Float64s("L_T")[image], totalBound)
	L, eps, x0, clip := r.Float64s("L."+key), r.Float64s("eps_mse"), r.Float64s("x0_mse"), r.Float64s("x0_mse_clip")
	for k, term := range terms {
		at := k*r.n + image
		near("L", k, term.Bits, L[at], termBound)
		near("eps_mse", k, term.EpsMSE, eps[at], termBound)
		near("x0_mse", k, term.X0MSE, x0[at], termBound)
		near("x0_mse_clip", k, term.X0MSEClip, clip[at], termBound)
		total += term.Bits
	}
	near("total", 0, total, r.Float64s("total." + key)[image], totalBound)
	t.Logf("%s, image %d: largest relative difference %.2g", key, image, worst)
}

// paperFirst compares L_0 with the variance that the paper's code takes there.
func (r *reference) paperFirst(t *testing.T, noise []float32) {
	t.Helper()
	for key, raw := range map[string]bool{"clip": false, "raw": true} {
		b, err := likelihood.New(r.d, &r.process, likelihood.Options{Variance: diffusion.FixedLarge, Raw: raw, Label: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Release()
		for i := range r.n {
			x := r.picture(i)
			terms, err := b.Terms(t.Context(), x, []int{0}, noise[i*len(x)%(len(noise)/r.T):][:len(x)])
			if err != nil {
				t.Fatal(err)
			}
			if want := r.Float64s("L0.beta_first_from_posterior." + key)[i]; math.Abs(terms[0].Bits-want) > termBound*want {
				t.Errorf("L_0 of image %d, %s: %g, want %g", i, key, terms[0].Bits, want)
			}
		}
	}
}

// An estimate over all timesteps is the sum of its terms; strata estimate the same; more draws tell how well.
func TestEstimate(t *testing.T) {
	r := open(t, "nll100-tutorial")
	b, err := likelihood.New(r.d, &r.process, likelihood.Options{Label: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	estimate := func(p likelihood.Plan) *likelihood.Estimate {
		t.Helper()
		p.Batch = 16
		e, err := b.Estimate(t.Context(), r.picture(0), p, func() {})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	whole := estimate(likelihood.Plan{Draws: 20, Seed: 3})
	sum := whole.Prior
	for _, term := range whole.Terms {
		sum += term.Bits
	}
	if math.Abs(sum-whole.Total) > 1e-9 || whole.StandardError <= 0 || whole.Errors[5] <= 0 {
		t.Errorf("total %g +- %g, sum of terms %g", whole.Total, whole.StandardError, sum)
	}
	few := estimate(likelihood.Plan{Draws: 40, Seed: 4, Strata: 10})
	if d := math.Abs(few.Total - whole.Total); d > 4*math.Hypot(few.StandardError, whole.StandardError) {
		t.Errorf("strata give %g +- %g, all timesteps %g +- %g", few.Total, few.StandardError, whole.Total, whole.StandardError)
	}
	if one := estimate(likelihood.Plan{Draws: 1}); one.StandardError != 0 {
		t.Errorf("one draw has a standard error of %g", one.StandardError)
	}
	if a, c := estimate(likelihood.Plan{Draws: 1, Index: 1}), estimate(likelihood.Plan{Draws: 1, Index: 2}); a.Total == c.Total {
		t.Error("two pictures have the same noise")
	}
}

func TestRefuses(t *testing.T) {
	r := open(t, "nll100-tutorial")
	threshold := r.process
	threshold.Threshold = 0.9
	for says, f := range map[string]func() error{
		"thresholding": func() error { _, err := likelihood.New(r.d, &threshold, likelihood.Options{}); return err },
		"predict its": func() error {
			_, err := likelihood.New(r.d, &r.process, likelihood.Options{Variance: diffusion.Learned})
			return err
		},
		"draws must be":     func() error { return (&likelihood.Plan{}).Check(100) },
		"timesteps must be": func() error { return (&likelihood.Plan{Draws: 1, Strata: 100}).Check(100) },
		"picture of 3 value": func() error {
			b, err := likelihood.New(r.d, &r.process, likelihood.Options{})
			if err == nil {
				_, err = b.Terms(t.Context(), make([]float64, 3), []int{1}, make([]float32, 3))
			}
			return err
		},
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}
