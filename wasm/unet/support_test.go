package unet_test

import (
	"math"
	"strconv"

	"unnoise/wasm/unet"
)

// shape says how large a network of Ho et al.'s form is to be.
type shape struct {
	channels, side int
	widths         []int
	perLevel       int
	attention      int // the level that has it
	groups         int
	film           bool
	resize         bool // resampling residual blocks instead of convolutions
	classes        int
}

// ddpm is a network of the form of Ho et al. 2020: down, middle with attention, up with joined skips.
func ddpm(s shape) *unet.Network {
	b := &ddpmBuilder{shape: s, n: &unet.Network{InChannels: s.channels, OutChannels: s.channels, Height: s.side, Width: s.side, Classes: s.classes, NullLabel: -1,
		Time: unet.Time{Dim: s.widths[0], Hidden: 4 * s.widths[0], CosFirst: true}}, at: s.channels}
	b.add(unet.Layer{Kind: unet.Conv, Name: "in", Out: s.widths[0], Save: true})
	last := len(s.widths) - 1
	for level := range s.widths {
		b.down(level, level == last)
	}
	b.res("mid.0", b.at, unet.Plain, false, false)
	b.attn("mid.attn", false)
	b.res("mid.1", b.at, unet.Plain, false, false)
	for level := last; level >= 0; level-- {
		b.up(level, level == 0)
	}
	b.add(unet.Layer{Kind: unet.Head, Name: "head", Out: s.channels, Groups: s.groups, Eps: 1e-5})
	return b.n
}

type ddpmBuilder struct {
	shape
	n     *unet.Network
	at    int
	skips []int
}

func (b *ddpmBuilder) add(l unet.Layer) {
	l.In = b.at
	if l.Join {
		last := len(b.skips) - 1
		l.In += b.skips[last]
		b.skips = b.skips[:last]
	}
	if l.Kind == unet.Attn || l.Kind == unet.Res {
		l.Divide = 1
	}
	b.at = l.Out
	if l.Save {
		b.skips = append(b.skips, l.Out)
	}
	b.n.Layers = append(b.n.Layers, l)
}

func (b *ddpmBuilder) res(name string, out int, mode unet.Mode, join, save bool) {
	b.add(unet.Layer{Kind: unet.Res, Name: name, Out: out, Mode: mode, Join: join, Save: save, FiLM: b.film, Groups: b.groups, Groups2: b.groups, Eps: 1e-5})
}

func (b *ddpmBuilder) attn(name string, save bool) {
	b.add(unet.Layer{Kind: unet.Attn, Name: name, Out: b.at, Heads: 1, Groups: b.groups, Eps: 1e-5, Save: save})
}

func (b *ddpmBuilder) down(level int, last bool) {
	name, width := "down."+strconv.Itoa(level), b.widths[level]
	for i := range b.perLevel {
		attn := level == b.attention
		b.res(name+".res."+strconv.Itoa(i), width, unet.Plain, false, !attn)
		if attn {
			b.attn(name+".attn."+strconv.Itoa(i), true)
		}
	}
	switch {
	case last:
	case b.resize:
		b.res(name+".down", width, unet.Mean, false, true)
	default:
		b.add(unet.Layer{Kind: unet.Down, Name: name + ".down", Out: width, Mode: unet.ConvSame, Save: true})
	}
}

func (b *ddpmBuilder) up(level int, last bool) {
	name, width := "up."+strconv.Itoa(level), b.widths[level]
	for i := range b.perLevel + 1 {
		b.res(name+".res."+strconv.Itoa(i), width, unet.Plain, true, false)
		if level == b.attention {
			b.attn(name+".attn."+strconv.Itoa(i), false)
		}
	}
	switch {
	case last:
	case b.resize:
		b.res(name+".up", width, unet.Nearest, false, false)
	default:
		b.add(unet.Layer{Kind: unet.Up, Name: name + ".up", Out: width, Mode: unet.ConvNearest})
	}
}

// nouns is the form of a network for 32x32 colour pictures that is known from elsewhere to have 0.404 G multiplications
// a sample and 2.59 M parameters.
var nouns = shape{channels: 3, side: 32, widths: []int{32, 64, 128}, perLevel: 1, attention: 1, groups: 16}

// parameters counts the weights a plan needs.
func parameters(p *unet.Plan) (n int) {
	for _, w := range p.Weights {
		size := 1
		for _, d := range w.Shape {
			size *= d
		}
		n += size
	}
	return n
}

var nan = math.NaN()
