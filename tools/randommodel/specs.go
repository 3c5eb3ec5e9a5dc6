package main

import (
	"slices"
	"strconv"
)

// list gathers tensors.
type list struct{ all []spec }

func (l *list) add(name string, shape ...int) { l.all = append(l.all, spec{name, shape}) }

func (l *list) layer(name string, shape ...int) {
	l.add(name+".weight", shape...)
	l.add(name+".bias", shape[0])
}

func (l *list) norm(name string, c int) {
	l.add(name+".weight", c)
	l.add(name+".bias", c)
}

// diffusers lists UNet2DModel's tensors, with the earlier names of attention.
func diffusers(channels []int, blocks, attention int) []spec {
	l := &list{}
	first, hidden := channels[0], 4*channels[0]
	res := func(name string, in, out int) {
		l.norm(name+".norm1", in)
		l.layer(name+".conv1", out, in, 3, 3)
		l.layer(name+".time_emb_proj", out, hidden)
		l.norm(name+".norm2", out)
		l.layer(name+".conv2", out, out, 3, 3)
		if in != out {
			l.layer(name+".conv_shortcut", out, in, 1, 1)
		}
	}
	attn := func(name string, c int) {
		l.norm(name+".group_norm", c)
		for _, part := range []string{"query", "key", "value", "proj_attn"} {
			l.layer(name+"."+part, c, c)
		}
	}
	l.layer("conv_in", first, 3, 3, 3)
	l.layer("time_embedding.linear_1", hidden, first)
	l.layer("time_embedding.linear_2", hidden, hidden)
	at, skips := first, []int{first}
	for i, c := range channels {
		name := "down_blocks." + strconv.Itoa(i)
		for j := range blocks {
			n := "." + strconv.Itoa(j)
			res(name+".resnets"+n, at, c)
			if i == attention {
				attn(name+".attentions"+n, c)
			}
			at, skips = c, append(skips, c)
		}
		if i < len(channels)-1 {
			l.layer(name+".downsamplers.0.conv", c, c, 3, 3)
			skips = append(skips, c)
		}
	}
	res("mid_block.resnets.0", at, at)
	attn("mid_block.attentions.0", at)
	res("mid_block.resnets.1", at, at)
	for i := range channels {
		level := len(channels) - 1 - i
		name, c := "up_blocks."+strconv.Itoa(i), channels[level]
		for j := range blocks + 1 {
			n := "." + strconv.Itoa(j)
			res(name+".resnets"+n, at+skips[len(skips)-1], c)
			if level == attention {
				attn(name+".attentions"+n, c)
			}
			at, skips = c, skips[:len(skips)-1]
		}
		if level > 0 {
			l.layer(name+".upsamplers.0.conv", c, c, 3, 3)
		}
	}
	l.norm("conv_norm_out", at)
	l.layer("conv_out", 3, at, 3, 3)
	return l.all
}

// unetModel are the arguments of OpenAI's UNetModel.
type unetModel struct {
	channels, blocks      int
	mult                  []float64
	attention             []int // factors of reduction
	learned, film, updown bool
	classes               int
}

func (m unetModel) res(l *list, name string, in, out int) {
	width := out
	if m.film {
		width = 2 * out
	}
	l.norm(name+".in_layers.0", in)
	l.layer(name+".in_layers.2", out, in, 3, 3)
	l.layer(name+".emb_layers.1", width, 4*m.channels)
	l.norm(name+".out_layers.0", out)
	l.layer(name+".out_layers.3", out, out, 3, 3)
	if in != out {
		l.layer(name+".skip_connection", out, in, 1, 1)
	}
}

func attend(l *list, name string, c int) {
	l.norm(name+".norm", c)
	l.layer(name+".qkv", 3*c, c, 1)
	l.layer(name+".proj_out", c, c, 1)
}

// specs lists the tensors in the constructor's order.
func (m unetModel) specs() []spec {
	l := &list{}
	l.layer("time_embed.0", 4*m.channels, m.channels)
	l.layer("time_embed.2", 4*m.channels, 4*m.channels)
	if m.classes > 0 {
		l.add("label_emb.weight", m.classes, 4*m.channels)
	}
	width := func(i int) int { return int(m.mult[i] * float64(m.channels)) }
	at := width(0)
	l.layer("input_blocks.0.0", at, 3, 3, 3)
	skips, n, factor := []int{at}, 1, 1
	for i := range m.mult {
		for range m.blocks {
			name := "input_blocks." + strconv.Itoa(n)
			m.res(l, name+".0", at, width(i))
			at = width(i)
			if slices.Contains(m.attention, factor) {
				attend(l, name+".1", at)
			}
			skips, n = append(skips, at), n+1
		}
		if i < len(m.mult)-1 {
			name := "input_blocks." + strconv.Itoa(n) + ".0"
			if m.updown {
				m.res(l, name, at, at)
			} else {
				l.layer(name+".op", at, at, 3, 3)
			}
			skips, n, factor = append(skips, at), n+1, 2*factor
		}
	}
	m.res(l, "middle_block.0", at, at)
	attend(l, "middle_block.1", at)
	m.res(l, "middle_block.2", at, at)
	at = m.up(l, at, factor, skips, width)
	out := 3
	if m.learned {
		out = 6
	}
	l.norm("out.0", at)
	l.layer("out.2", out, at, 3, 3)
	return l.all
}

// up lists output_blocks and gives their last width.
func (m unetModel) up(l *list, at, factor int, skips []int, width func(int) int) int {
	n := 0
	for i := len(m.mult) - 1; i >= 0; i-- {
		for j := range m.blocks + 1 {
			name, sub := "output_blocks."+strconv.Itoa(n), 1
			m.res(l, name+".0", at+skips[len(skips)-1], width(i))
			at, skips, n = width(i), skips[:len(skips)-1], n+1
			if slices.Contains(m.attention, factor) {
				attend(l, name+".1", at)
				sub = 2
			}
			if i == 0 || j < m.blocks {
				continue
			}
			factor /= 2
			if name += "." + strconv.Itoa(sub); m.updown {
				m.res(l, name, at, at)
			} else {
				l.layer(name+".conv", at, at, 3, 3)
			}
		}
	}
	return at
}
