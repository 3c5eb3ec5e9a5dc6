// Package likelihood computes the variational bound of a model on pictures (Ho et al. 2020, equations 5 and 13): L_T, every
// L_{t-1}, L_0 with the discretised decoder, and the errors of x_0 and eps beside them.
package likelihood

import (
	"context"
	"errors"
	"math"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
)

// Options choose the bound.
type Options struct {
	Variance diffusion.Variance // of the reverse steps; the model's own where empty
	// LiteralFirst takes the given variance at t = 0 too. Otherwise a fixed_large one is there the posterior's at t = 1, as in
	// the paper's code.
	LiteralFirst bool
	Raw          bool // no clipping of x_0's estimate
	Label        int  // class label; -1 for the null label or a model without classes
}

// Term is one timestep's part of the bound, in bits per dimension, with mean squared errors.
type Term struct {
	Bits      float64 // L_{t-1}; L_0 at t = 0
	EpsMSE    float64 // of the predicted noise
	X0MSE     float64 // of x_0's estimate
	X0MSEClip float64 // of the clipped one
}

// Bound computes the bound of a model. It is used by one goroutine at a time.
type Bound struct {
	d        *engine.Denoiser
	process  diffusion.Config
	schedule *diffusion.Schedule
	o        Options

	x, out engine.Tensor // of the last batch
}

// New prepares the bound of a model.
func New(d *engine.Denoiser, process *diffusion.Config, o Options) (*Bound, error) {
	b := &Bound{d: d, process: *process, o: o}
	if o.Raw {
		b.process.Clip = 0
	}
	var err error
	if b.schedule, err = process.Schedule(); err != nil {
		return nil, err
	}
	if b.schedule.T() < 2 {
		return nil, errors.New("the bound needs a process of 2 timesteps or more")
	}
	if process.Threshold > 0 {
		return nil, errors.New("dynamic thresholding makes a step no normal distribution: its model has no bound")
	}
	r, err := b.reverse(1)
	if err != nil {
		return nil, err
	}
	if in, out := d.Net.InChannels, d.Net.OutChannels; r.Learned != nil && out != 2*in {
		return nil, errors.New("the network does not predict its variance: take fixed_small or fixed_large")
	}
	return b, nil
}

// T is the number of timesteps.
func (b *Bound) T() int { return b.schedule.T() }

func (b *Bound) reverse(t int) (diffusion.ReverseStep, error) {
	v := b.o.Variance
	if v == "" {
		v = b.process.Variance
	}
	if t == 0 && (v == diffusion.FixedLarge || v == "fixed_large_log") && !b.o.LiteralFirst {
		v = diffusion.FixedSmall
	}
	return b.process.Reverse(b.schedule, v, t)
}

// Prior is L_T of a picture x_0, in bits per dimension.
func (b *Bound) Prior(x0 []float32) float64 {
	sum := 0.0
	for _, v := range x0 {
		sum += b.schedule.PriorKL(float64(v))
	}
	return sum / float64(len(x0)) / math.Ln2
}

// Terms computes the terms of a picture x_0 (CHW, values v/127.5 - 1) at the given timesteps, all in one batch; noise holds the
// eps of each, CHW one after the other.
func (b *Bound) Terms(ctx context.Context, x0 []float64, ts []int, noise []float32) ([]Term, error) {
	size := b.d.InShape(1).Len()
	if len(x0) != size || len(noise) != size*len(ts) {
		return nil, errors.New("the bound of a network of " + b.d.InShape(1).String() + " was asked of a picture of " + strconv.Itoa(len(x0)) + " values")
	}
	steps := make([]diffusion.ReverseStep, len(ts))
	xt, times := make([]float64, size*len(ts)), make([]float64, len(ts))
	for i, t := range ts {
		var err error
		if steps[i], err = b.reverse(t); err != nil {
			return nil, err
		}
		times[i] = float64(t)
		for j, v := range x0 {
			xt[i*size+j] = steps[i].Signal*v + steps[i].Spread*float64(noise[i*size+j])
		}
	}
	out, err := b.denoise(ctx, xt, times)
	if err != nil {
		return nil, err
	}
	terms, wide := make([]Term, len(ts)), len(out)/len(ts)
	for i := range ts {
		terms[i] = term(&steps[i], x0, xt[i*size:][:size], noise[i*size:][:size], out[i*wide:][:wide])
	}
	return terms, nil
}

// denoise runs the network on float64 states.
func (b *Bound) denoise(ctx context.Context, xt, times []float64) ([]float32, error) {
	if err := b.reserve(len(times)); err != nil {
		return nil, err
	}
	in, out := make([]float32, len(xt)), make([]float32, b.out.Shape().Len())
	for i, v := range xt {
		in[i] = float32(v)
	}
	if err := b.x.Write(in); err != nil {
		return nil, err
	}
	var labels []int
	for range times {
		if b.o.Label >= 0 && b.d.Net.Classes > 0 {
			labels = append(labels, b.o.Label)
		}
	}
	if err := b.d.Denoise(ctx, b.out, b.x, times, labels); err != nil {
		return nil, err
	}
	return out, b.out.Read(ctx, out)
}

func (b *Bound) reserve(n int) (err error) {
	if b.x != nil && b.x.Shape().N == n {
		return nil
	}
	b.Release()
	if b.x, err = b.d.Engine.NewTensor(b.d.InShape(n)); err != nil {
		return err
	}
	b.out, err = b.d.Engine.NewTensor(b.d.OutShape(n))
	return err
}

// Release gives the bound's storage back.
func (b *Bound) Release() {
	for _, t := range []engine.Tensor{b.x, b.out} {
		if t != nil {
			t.Release()
		}
	}
	b.x, b.out = nil, nil
}

// term is the bound's term of one step, with float64 formulas.
func term(r *diffusion.ReverseStep, x0, xt []float64, eps, out []float32) Term {
	var sum Term
	n := len(x0)
	for i, v := range x0 {
		o, variance := float64(out[i]), 0.0
		if len(out) == 2*n {
			variance = float64(out[n+i])
		}
		raw, clipped := r.Estimate(xt[i], o)
		mean, lnS := r.Mean(xt[i], clipped, o), r.LogVariance(variance)
		if r.T == 0 {
			sum.Bits -= diffusion.DecoderLogProb(v, mean, math.Exp(0.5*lnS))
		} else {
			sum.Bits += diffusion.GaussianKL(r.LnV, lnS, r.OfX0*v+r.OfX*xt[i]-mean)
		}
		predicted := (xt[i] - r.Signal*raw) / r.Spread // the output itself, where that is the noise
		sum.EpsMSE += square(predicted - float64(eps[i]))
		sum.X0MSE += square(raw - v)
		sum.X0MSEClip += square(min(max(raw, -1), 1) - v)
	}
	f := float64(n)
	return Term{sum.Bits / f / math.Ln2, sum.EpsMSE / f, sum.X0MSE / f, sum.X0MSEClip / f}
}

func square(x float64) float64 { return x * x }
