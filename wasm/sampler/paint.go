package sampler

import (
	"errors"
	"math"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/noise"
)

// Paint draws the rest of a picture of which a part is known: RePaint (Lugmayr et al. 2022, Algorithm 1). After every step the
// known part is that of a noised picture; every Jump steps the chain goes back as many and does them again, Repeats times
// in all, so that both parts come to agree.
type Paint struct {
	Picture []float32 // x_0, NCHW: one picture for all samples or one each
	Mask    []float32 // [H][W]: 1 where the picture is kept, 0 where it is drawn
	Jump    int       // steps of a repeat; 0 means 10, the paper's
	Repeats int       // times each is done; 0 means 10, the paper's; 1: none is repeated
}

// maxRepeats is what the noise's counter can tell apart; maxActions bounds what a chain lists before it starts.
const (
	maxRepeats = 255
	maxActions = 1 << 20
)

func (p *Paint) jump() int {
	if p.Jump == 0 {
		return 10
	}
	return p.Jump
}

func (p *Paint) repeats() int {
	if p.Repeats == 0 {
		return 10
	}
	return p.Repeats
}

func (p *Paint) check(d *engine.Denoiser, plan *diffusion.Plan, cfg *Config) error {
	if p == nil {
		return nil
	}
	one := d.InShape(1)
	switch {
	case len(p.Mask) != one.H*one.W:
		return errors.New("the mask has " + strconv.Itoa(len(p.Mask)) + " values, the picture " + strconv.Itoa(one.H) + "x" + strconv.Itoa(one.W))
	case len(p.Picture) != one.Len() && len(p.Picture) != cfg.Count*one.Len():
		return errors.New("the picture to keep a part of has " + strconv.Itoa(len(p.Picture)) + " values, expected " + strconv.Itoa(one.Len()))
	case p.Jump < 0 || p.Repeats < 0 || p.Repeats > maxRepeats:
		return errors.New("repeats must be from 1 to " + strconv.Itoa(maxRepeats) + " and their length positive")
	case len(plan.Moves)*p.repeats() > maxActions:
		return errors.New(strconv.Itoa(len(plan.Moves)) + " steps of " + strconv.Itoa(p.repeats()) + " repeats are more than " + strconv.Itoa(maxActions))
	case plan.Histories > 0:
		return errors.New("sampler " + string(cfg.Sampler) + " remembers earlier steps, which a kept part changes: take ddpm, ddim, euler or euler-ancestral")
	}
	return nil
}

// action is a step of a chain: a move, or the way back to where a move began.
type action struct {
	move   int
	back   bool
	after  int   // of a way back: the move whose state it starts from
	repeat uint8 // how often the move was done before
}

// stream is where the action's noise comes from.
func (a action) stream() noise.Stream {
	switch {
	case a.back:
		return noise.RepaintBack
	case a.repeat > 0:
		return noise.Repaint
	}
	return noise.StepNoise
}

// script lists a chain's actions: the moves one after the other, but for Paint's repeats.
func script(plan *diffusion.Plan, p *Paint) []action {
	n := len(plan.Moves)
	jump, repeats := n, 1
	if p != nil {
		jump, repeats = p.jump(), p.repeats()
	}
	var list []action
	for first := 0; first < n; first += jump {
		last := min(first+jump, n) - 1
		for repeat := range repeats {
			if repeat > 0 {
				list = append(list, action{move: first, back: true, after: last, repeat: uint8(repeat)})
			}
			for k := first; k <= last; k++ {
				list = append(list, action{move: k, repeat: uint8(repeat)})
			}
		}
	}
	return list
}

// known is the kept picture on the engine.
type known struct {
	picture, mask, room engine.Tensor
}

func newKnown(d *engine.Denoiser, p *Paint, count int) (*known, error) {
	one := d.InShape(1)
	k := &known{}
	var err error
	if k.picture, err = d.Engine.NewTensor(d.InShape(count)); err != nil {
		return k, err
	}
	if k.room, err = d.Engine.NewTensor(d.InShape(count)); err != nil {
		return k, err
	}
	if k.mask, err = d.Engine.NewTensor(engine.Shape{N: count, C: 1, H: one.H, W: one.W}); err != nil {
		return k, err
	}
	var pictures, masks []float32
	for i := range count {
		from := i * one.Len()
		if len(p.Picture) == one.Len() {
			from = 0
		}
		pictures = append(pictures, p.Picture[from:][:one.Len()]...)
		masks = append(masks, p.Mask...)
	}
	return k, errors.Join(k.picture.Write(pictures), k.mask.Write(masks))
}

// paint puts the known part, noised to the level after the move, into the state; after the last move the part itself.
func (c *Chain) paint(m *diffusion.Move, a action) error {
	e, k := c.d.Engine, c.known
	alphaBar := m.AlphaBar
	if a.move == len(c.plan.Moves)-1 {
		alphaBar = 1
	}
	c.draw(noise.ForwardNoise, a.repeat, m.NoiseT)
	z := c.slots[diffusion.Noise]
	err := z.Write(c.values)
	for _, do := range []func() error{
		func() error {
			return e.Combine(k.room, 0, 0, term(math.Sqrt(alphaBar), k.picture), term(math.Sqrt(1-alphaBar), z))
		},
		func() error { return e.Modulate(k.room, k.room, engine.Factor{Mul: 1, T: k.mask}) },
		func() error { return e.Modulate(c.X(), c.X(), engine.Factor{Add: 1, Mul: -1, T: k.mask}) },
		func() error { return e.Combine(c.X(), 0, 0, term(1, c.X()), term(1, k.room)) },
	} {
		if err == nil {
			err = do()
		}
	}
	return err
}

// goBack noises the state from the level after one move to the level before another (equation 2 over several steps).
func (c *Chain) goBack(a action) error {
	before, after := c.plan.AlphaBar, c.plan.Moves[a.after].AlphaBar
	if a.move > 0 {
		before = c.plan.Moves[a.move-1].AlphaBar
	}
	c.fill(c.k, a)
	z := c.slots[diffusion.Noise]
	if err := z.Write(c.values); err != nil {
		return err
	}
	ratio := before / after
	return c.d.Engine.Combine(c.X(), 0, 0, term(math.Sqrt(ratio), c.X()), term(math.Sqrt(1-ratio), z))
}
