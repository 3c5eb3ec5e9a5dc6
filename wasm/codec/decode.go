package codec

import (
	"context"
	"errors"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/sampler"
)

// Finish says how a picture is made from where the bits end.
type Finish struct {
	Ancestral bool // by ancestral sampling (DiffC-A); else by ddim without noise (DiffC-F), which lies nearer to the picture
	Steps     int  // of ddim at most; 0 means 50
	Seed      uint64
}

// Decoded is a decoded picture.
type Decoded struct {
	Picture []float32 // CHW, values v/127.5 - 1
	Level   int       // where the bits ended; 0 for a whole file
	Have    int       // bytes of the stream that there were
	Whole   int       // bytes of the whole stream
	Label   int       // -1: none
}

// Share is the part of the coded bits that was there, from 0 to 1.
func (d *Decoded) Share() float64 {
	if d.Whole == 0 {
		return 1
	}
	return float64(d.Have) / float64(d.Whole)
}

// Decode decodes a file, or as much of it as there is. after is called at every step with the level reached.
func Decode(ctx context.Context, m Model, data []byte, f Finish, after func(level int)) (*Decoded, error) {
	h, rest, err := parse(data)
	if err != nil {
		return nil, err
	}
	if h.model != modelPrefix(m.ID) {
		return nil, errors.New(ErrModel.Error() + ": " + h.model + "..., this one is " + modelPrefix(m.ID) + "...")
	}
	w, err := newWalk(m, h.label)
	if err != nil {
		return nil, err
	}
	defer w.release()
	d := newDecoder(rest, len(rest) == h.length)
	if err := w.follow(ctx, d, newModels(h.zipf, h.digits, w.t), after); err != nil {
		return nil, err
	}
	out := &Decoded{Level: w.t, Have: len(rest), Whole: h.length, Label: h.label}
	out.Picture, err = w.finish(ctx, f)
	return out, err
}

// follow repeats the sender's steps until they or the bits end; a step that is not there in whole is left out.
func (w *walk) follow(ctx context.Context, d *decoder, m *models, after func(level int)) error {
	for w.t > 0 {
		jump, parts, ok := m.readStep(d)
		if d.past {
			return nil
		}
		if !ok || ladder[jump] > w.t || ladder[parts] > max(len(w.x), 1)*2 {
			return ErrDamaged
		}
		index := make([]uint32, ladder[parts])
		for i := range index {
			index[i] = m.readIndex(d)
			if d.past {
				return nil
			}
		}
		if err := w.look(ctx); err != nil {
			return err
		}
		w.move(w.t-ladder[jump], index)
		after(w.t)
	}
	return nil
}

// finish goes from the present level to the picture.
func (w *walk) finish(ctx context.Context, f Finish) ([]float32, error) {
	r := diffusion.Request{Sampler: diffusion.DDIM}
	steps := f.Steps
	if steps <= 0 {
		steps = 50
	}
	if f.Ancestral {
		r.Sampler, r.Variance, steps = diffusion.DDPM, diffusion.FixedSmall, w.t+1
	}
	r.Timesteps = evenly(w.t, min(steps, w.t+1))
	begin := make([]float32, len(w.x))
	for i, v := range w.x {
		begin[i] = float32(v)
	}
	c, err := sampler.New(w.m.D, w.m.Process, sampler.Config{Request: r, Seed: f.Seed, Count: 1, Labels: w.labels, Begin: begin})
	if err != nil {
		return nil, err
	}
	defer c.Release()
	for !c.Done() {
		if err := c.Step(ctx); err != nil {
			return nil, err
		}
	}
	return begin, c.X().Read(ctx, begin)
}

// evenly is n timesteps from t down to 0.
func evenly(t, n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = t
		if n > 1 {
			list[i] = t - i*t/(n-1)
		}
	}
	return list
}
