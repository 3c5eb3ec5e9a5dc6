// Package codec makes files of pictures with a diffusion model: Algorithms 3 and 4 of Ho et al. 2020 by reverse channel coding, as in
// DiffC (Theis, Salimans, Hoffman and Mentzer 2022). Step by step the coder conveys a sample of the posterior q(x_s given x_t, x_0),
// as the index of one of many samples that sender and receiver both draw from p(x_s given x_t); the model knows p, so that an index
// costs little more than the divergence of q from p. x_T is shared noise.
//
// What the stream says is read with integers alone; the receiver's floating point only makes the picture, so that a file written on
// one engine is read on every other.
package codec

import (
	"context"
	"errors"
	"math"
	"sync"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/noise"
)

// Model is a model as the codec needs it.
type Model struct {
	D       *engine.Denoiser
	Process *diffusion.Config
	ID      string // the pack's, hexadecimal
}

// coarse makes the candidates' values; its table is made when first used.
var coarse = sync.OnceValue(noise.NewCoarse)

// walk is the chain that sender and receiver share: the state x_t and the model's estimate of x_0 there.
type walk struct {
	m        Model
	schedule *diffusion.Schedule
	labels   []int
	t        int       // the state's level
	x, est   []float64 // CHW
	order    []int     // which value stands where in a step's parts

	in, out engine.Tensor
	room    []float32
}

// errProcess is wrapped by errors about models that cannot code.
var errProcess = errors.New("this model cannot code pictures")

// newWalk starts at x_T.
func newWalk(m Model, label int) (*walk, error) {
	s, err := m.Process.Schedule()
	if err != nil {
		return nil, err
	}
	net := m.D.Net
	if m.Process.Threshold > 0 || net.OutChannels != net.InChannels && net.OutChannels != 2*net.InChannels {
		return nil, errors.New(errProcess.Error() + ": its steps are no normal distributions")
	}
	if s.AlphaBars[s.T()-1] <= 0 && m.Process.Prediction == diffusion.Epsilon {
		return nil, errors.New(errProcess.Error() + ": it says nothing of the first step")
	}
	if s.T() < 2 {
		return nil, errors.New(errProcess.Error() + ": it has one timestep")
	}
	w := &walk{m: m, schedule: s, t: s.T() - 1}
	if label >= 0 {
		if net.Classes == 0 {
			return nil, errors.New("the model has no classes, but a label was given")
		}
		w.labels = []int{label}
	}
	shape := m.D.InShape(1)
	w.x, w.est, w.room = make([]float64, shape.Len()), make([]float64, shape.Len()), make([]float32, m.D.OutShape(1).Len())
	noise.Normals(w.room[:len(w.x)], 0, noise.Start, 0, 0)
	for i := range w.x {
		w.x[i] = float64(w.room[i])
	}
	w.shuffle()
	if w.in, err = m.D.Engine.NewTensor(shape); err != nil {
		return nil, err
	}
	w.out, err = m.D.Engine.NewTensor(m.D.OutShape(1))
	return w, err
}

// shuffle makes the order of values, so that the parts of a step carry about the same.
func (w *walk) shuffle() {
	w.order = make([]int, len(w.x))
	for i := range w.order {
		r := noise.Philox4x32([4]uint32{uint32(i), uint32(noise.Coder) << 24, math.MaxUint32, 0}, [2]uint32{})
		j := int(uint64(r[0]) * uint64(i+1) >> 32)
		w.order[i], w.order[j] = w.order[j], i
	}
}

func (w *walk) release() {
	for _, t := range []engine.Tensor{w.in, w.out} {
		if t != nil {
			t.Release()
		}
	}
}

// look asks the network for its estimate of x_0 at the present state.
func (w *walk) look(ctx context.Context) error {
	r, err := w.m.Process.Reverse(w.schedule, diffusion.FixedSmall, w.t)
	if err != nil {
		return err
	}
	for i, v := range w.x {
		w.room[i] = float32(v)
	}
	if err := w.in.Write(w.room[:len(w.x)]); err != nil {
		return err
	}
	if err := w.m.D.Denoise(ctx, w.out, w.in, []float64{float64(w.t)}, w.labels); err != nil {
		return err
	}
	if err := w.out.Read(ctx, w.room); err != nil {
		return err
	}
	for i, v := range w.x {
		_, w.est[i] = r.Estimate(v, float64(w.room[i]))
		if w.est[i]-w.est[i] != 0 {
			return errors.New("the network's output is not a number: the weights overflow float32 or are damaged")
		}
	}
	return nil
}

// step is q(x_s given x_t, x_0) = N(ofX0 x_0 + ofX x_t, sigma^2), with the betas re-derived over the timesteps between.
type step struct{ ofX0, ofX, sigma float64 }

func (w *walk) step(s int) step {
	a, b := w.schedule.AlphaBar(w.t), w.schedule.AlphaBar(s)
	alpha := a / b
	beta := 1 - alpha
	return step{math.Sqrt(b) * beta / (1 - a), math.Sqrt(alpha) * (1 - b) / (1 - a), math.Sqrt((1 - b) / (1 - a) * beta)}
}

// snr is the signal-to-noise ratio at t. A step to s carries (snr(s) - snr(t))/2 times the squared error of x_0's estimate, in nats.
func (w *walk) snr(t int) float64 {
	a := w.schedule.AlphaBar(t)
	return a / (1 - a)
}

// part lists the values of part i of n.
func (w *walk) part(i, n int) []int {
	var list []int
	for at := i; at < len(w.order); at += n {
		list = append(list, w.order[at])
	}
	return list
}

// move goes to level s with the chosen candidates.
func (w *walk) move(s int, index []uint32) {
	k := w.step(s)
	for i, candidate := range index {
		part := w.part(i, len(index))
		z := w.room[:len(part)]
		coarse().Fill(z, 0, uint32(w.t), uint32(i), candidate)
		for j, at := range part {
			w.x[at] = k.ofX0*w.est[at] + k.ofX*w.x[at] + k.sigma*float64(z[j])
		}
	}
	w.t = s
}
