package enginetest

import (
	"context"
	"sort"
	"testing"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/goldens"
	"unnoise/wasm/goldens/chains"
	"unnoise/wasm/sampler"
	"unnoise/wasm/unet"
)

// ClosedChains runs the reference chains of samplers whose network is a closed form, with the state on the engine. few is for engines
// whose values take long to come back: of each sampler two short chains, and all that threshold or learn their variance, with the
// last state alone compared. The coefficients are the same everywhere.
func ClosedChains(t *testing.T, e engine.Engine, few bool) {
	worst, seen := map[diffusion.Sampler]float64{}, map[diffusion.Sampler]int{}
	for _, name := range chains.Names(t) {
		c := chains.Open(t, name)
		special := c.Config.Threshold > 0 || c.Config.Variance == diffusion.LearnedRange
		if few && (len(c.Float64s("timesteps")) > 20 || seen[c.Request.Sampler] >= 2 && !special) {
			continue
		}
		seen[c.Request.Sampler]++
		t.Run(name, func(t *testing.T) {
			d := closedChain(t, e, chains.Open(t, name), few)
			worst[c.Request.Sampler] = max(worst[c.Request.Sampler], d)
		})
	}
	var names []string
	for s := range worst {
		names = append(names, string(s))
	}
	sort.Strings(names)
	for _, s := range names {
		t.Logf("sampler %s: largest difference %.2g", s, worst[diffusion.Sampler(s)])
	}
	if len(worst) != len(diffusion.Samplers) {
		t.Errorf("%d samplers checked, want %d", len(worst), len(diffusion.Samplers))
	}
}

// closedBound is what the references' README allows a float32 state: 3e-5, and 1e-5 of the largest value in sigma space. It allows chains
// of 1000 steps and the ill-conditioned last step of unipc-*-notlowerfinal-* more, which is not needed.
func closedBound(c *chains.Case) float64 {
	if c.InSigma {
		return 1e-5 * max(1, c.Float("max_abs_x"))
	}
	return 3e-5
}

// closedBoundX0: x_0's estimate multiplies the rounding of x_t and of the output, of size up to 4, by 1/sqrt(alphaBar), 157 at t = 999:
// 2 * 157 * 4 * 2^-25 = 4e-5 and a little.
func closedBoundX0(c *chains.Case) float64 { return max(closedBound(c), 6e-5) }

// closedChain follows one chain and gives the largest difference, relative to max(1, largest value).
func closedChain(t *testing.T, e engine.Engine, c *chains.Case, lastOnly bool) (worst float64) {
	s := c.Shape("x_T")
	net := &unet.Network{InChannels: s[1], OutChannels: s[1], Height: s[2], Width: s[3]}
	if c.Config.Variance == diffusion.LearnedRange {
		net.OutChannels *= 2
	}
	xT, z := c.Values("x_T"), []float32(nil)
	if c.Has("z") {
		z = c.Values("z")
	}
	cfg := sampler.Config{Request: c.Request, Count: s[0], Trace: func(k int, out []float32) {
		if k < 0 {
			copy(out, xT)
			return
		}
		copy(out, z[k*len(out):])
	}}
	chain, err := sampler.New(engine.FuncDenoiser(e, net, closedNetwork(c.Text("network"))), &c.Config, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer chain.Release()
	kept, row, scale := c.Float64s("step"), 0, max(1, c.Float("max_abs_x"))
	for !chain.Done() {
		k := chain.Index()
		if err := chain.Step(context.Background()); err != nil {
			t.Fatal(err)
		}
		if row == len(kept) || int(kept[row]) != k {
			continue
		}
		if lastOnly && !chain.Done() {
			row++
			continue
		}
		x := read(t, chain.X())
		for i := range x {
			x[i] = float32(float64(x[i]) * c.Scale(k))
		}
		worst = max(worst, closedCompare(t, c, x, c.State(row, chain.Steps()), k, closedBound(c))/scale)
		if c.Has("x0") {
			closedCompare(t, c, read(t, chain.X0()), c.Float64s("x0")[row*len(x):][:len(x)], k, closedBoundX0(c))
		}
		row++
	}
	if row != len(kept) {
		t.Errorf("%d of %d states checked", row, len(kept))
	}
	return worst
}

func closedCompare(t *testing.T, c *chains.Case, got []float32, want64 []float64, k int, bound float64) float64 {
	want := make([]float32, len(want64))
	for i, v := range want64 {
		want[i] = float32(v)
	}
	d, err := goldens.Compare(got, want, goldens.Tolerance{Abs: bound})
	if err != nil {
		t.Errorf("after call %d: %v", k, err)
	}
	return d
}

// closedNetwork computes the closed form in float64, off the engine.
func closedNetwork(kind string) engine.Func {
	return func(ctx context.Context, out, x engine.Tensor, ts []float64, _ []int) error {
		in, res := make([]float32, x.Shape().Len()), make([]float32, out.Shape().Len())
		if err := x.Read(ctx, in); err != nil {
			return err
		}
		size, wide := len(in)/len(ts), len(res)/len(ts)
		for i, v := range in {
			sample := i / size
			o, variance := chains.Closed(kind, float64(v), ts[sample])
			at := sample*wide + i%size
			res[at] = float32(o)
			if wide == 2*size {
				res[at+size] = float32(variance)
			}
		}
		return out.Write(res)
	}
}
