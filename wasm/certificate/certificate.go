// Package certificate measures how close a pack is to the float32 weights it is made from: outputs of the network, and
// pictures at the end of a chain, computed with both on the CPU engine.
package certificate

import (
	"context"
	"errors"
	"math"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/evalcase"
	"unnoise/wasm/model"
	"unnoise/wasm/noise"
	"unnoise/wasm/sampler"
	"unnoise/wasm/unet"
)

// The kinds of certificate.
const (
	None  = "none"
	Quick = "quick"
	Full  = "full"
)

// What a full certificate has.
const (
	fullTimesteps = 10
	fullSteps     = 50
)

// quickMACs is what a quick certificate may multiply: about a minute on one core of a desktop machine, at some 15 billion a
// second. Counted, not timed, so that the same checkpoint gives the same pack.
const quickMACs = 9e11

// residentBytes is how large float32 weights may be to be kept in memory; those of larger networks are read layer by layer.
const residentBytes = 64 << 20

// batchBytes bounds the activations of timesteps computed together.
const batchBytes = 64 << 20

// Network is what is to be certified: the same plan with two sets of weights.
type Network struct {
	Net     *unet.Network
	Plan    *unet.Plan
	Process *diffusion.Config
	// Exact gives float32 weights, Pack those of the pack.
	Exact, Pack engine.Source
}

// Compute makes a certificate of the kind. progress, where not nil, hears what is being done. rounding is what the conversion
// noted.
func Compute(ctx context.Context, n Network, kind string, rounding []model.Rounding, progress func(doing string)) (*model.Certificate, error) {
	if progress == nil {
		progress = func(string) {}
	}
	c := &model.Certificate{Kind: kind, Rounding: rounding}
	timesteps, steps := n.extent(kind)
	if timesteps > 0 {
		progress("output at " + strconv.Itoa(timesteps) + " timesteps")
		if err := n.eps(ctx, c, timesteps); err != nil {
			return nil, err
		}
	}
	if steps > 0 {
		progress("chain of " + strconv.Itoa(steps) + " steps")
		err := n.chain(ctx, c, steps)
		if _, none := errors.AsType[*notSampled](err); none {
			progress("no chain: " + err.Error())
		} else if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// extent is how many timesteps and steps are computed: a quick certificate has fewer of a large network, and no chain where not even
// ten steps fit.
func (n *Network) extent(kind string) (timesteps, steps int) {
	if kind == Full {
		return min(fullTimesteps, n.Process.TrainTimesteps), min(fullSteps, n.Process.TrainTimesteps)
	}
	pairs := int(quickMACs / (2 * float64(max(n.Plan.MACs(), 1))))
	timesteps = min(max(pairs/3, min(pairs, 1)), fullTimesteps, n.Process.TrainTimesteps)
	if steps = min(pairs-timesteps, fullSteps, n.Process.TrainTimesteps); steps < 10 && steps < n.Process.TrainTimesteps {
		steps = 0
	}
	return timesteps, steps
}

// load makes a network of one set of weights ready.
func (n *Network) load(ctx context.Context, src engine.Source) (*engine.Denoiser, error) {
	bytes := 0
	for _, w := range n.Plan.Weights {
		size := 4
		for _, d := range w.Shape {
			size *= d
		}
		bytes += size
	}
	return engine.NewDenoiser(ctx, cpu.New(cpu.Options{Lean: bytes > residentBytes}), n.Net, n.Plan, src)
}

// eps compares the outputs on noise at timesteps spread from 0 to the last.
func (n *Network) eps(ctx context.Context, c *model.Certificate, count int) error {
	ts := make([]int, count)
	for i := range ts {
		ts[i] = i * (n.Process.TrainTimesteps - 1) / max(count-1, 1)
		if count == 1 {
			ts[i] = n.Process.TrainTimesteps / 2
		}
	}
	exact, err := n.outputs(ctx, n.Exact, ts)
	if err != nil {
		return err
	}
	pack, err := n.outputs(ctx, n.Pack, ts)
	if err != nil {
		return err
	}
	size := len(exact) / count
	for i, t := range ts {
		largest, rms := difference(exact[i*size:][:size], pack[i*size:][:size])
		if math.IsNaN(rms) {
			return errors.New("certificate: the network's output at t = " + strconv.Itoa(t) + " is not a number")
		}
		c.Eps = append(c.Eps, model.EpsDifference{T: t, Max: largest, RMS: rms})
	}
	return nil
}

// outputs runs the network at all timesteps, several together where their activations are small.
func (n *Network) outputs(ctx context.Context, src engine.Source, ts []int) ([]float32, error) {
	d, err := n.load(ctx, src)
	if err != nil {
		return nil, err
	}
	defer d.Release()
	each := 0
	for _, s := range n.Plan.Slots {
		each += 4 * s
	}
	batch := min(max(batchBytes/max(each, 1), 1), len(ts))
	var all []float32
	for at := 0; at < len(ts); at += batch {
		part := ts[at:min(at+batch, len(ts))]
		size := d.InShape(1).Len()
		x, times := make([]float32, len(part)*size), make([]float64, len(part))
		for i, t := range part {
			noise.Normals(x[i*size:][:size], 0, noise.Start, 0, uint32(at+i))
			times[i] = float64(t)
		}
		out, err := evalcase.Denoise(ctx, d, x, times, n.labels(at, len(part)))
		if err != nil {
			return nil, err
		}
		all = append(all, out...)
	}
	return all, nil
}

// labels are classes for a batch, none for a network without.
func (n *Network) labels(first, count int) []int {
	if n.Net.Classes == 0 {
		return nil
	}
	labels := make([]int, count)
	for i := range labels {
		labels[i] = (first + i) % n.Net.Classes
	}
	return labels
}

// chain compares the pictures that a DDIM chain without noise ends with.
func (n *Network) chain(ctx context.Context, c *model.Certificate, steps int) error {
	exact, err := n.picture(ctx, n.Exact, steps)
	if err != nil {
		return err
	}
	pack, err := n.picture(ctx, n.Pack, steps)
	if err != nil {
		return err
	}
	largest, rms := difference(exact, pack)
	c.Chain = &model.ChainDifference{Steps: steps, Max: largest}
	if rms > 0 {
		c.Chain.PSNR = 20 * math.Log10(2/rms)
	}
	return nil
}

// notSampled is the reason why a network's process cannot be sampled here, though its outputs can be computed.
type notSampled struct{ error }

func (n *Network) picture(ctx context.Context, src engine.Source, steps int) ([]float32, error) {
	d, err := n.load(ctx, src)
	if err != nil {
		return nil, err
	}
	defer d.Release()
	request := diffusion.Request{Sampler: diffusion.DDIM, Steps: steps}
	chain, err := sampler.New(d, n.Process, sampler.Config{Request: request, Count: 1, Labels: n.labels(0, 1)})
	if err != nil {
		return nil, &notSampled{err}
	}
	defer chain.Release()
	for !chain.Done() {
		if err := chain.Step(ctx); err != nil {
			return nil, err
		}
	}
	x := make([]float32, d.InShape(1).Len())
	err = chain.X().Read(ctx, x)
	for i, v := range x {
		x[i] = min(max(v, -1), 1)
	}
	return x, err
}

// difference is the largest and the root-mean-square difference.
func difference(a, b []float32) (largest, rms float64) {
	sum := 0.0
	for i := range a {
		d := math.Abs(float64(a[i]) - float64(b[i]))
		largest = max(largest, d)
		sum += d * d
	}
	return largest, math.Sqrt(sum / float64(len(a)))
}
