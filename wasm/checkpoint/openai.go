package checkpoint

import (
	"errors"
	"strconv"

	"unnoise/wasm/unet"
)

// openAIBuilder walks UNetModel of OpenAI's improved-diffusion and guided-diffusion: flat lists input_blocks and
// output_blocks. 32 groups, eps 1e-5, symmetric padding, [cos, sin] with shift 0: the programs have no setting for these.
type openAIBuilder struct {
	builder
	levels, blocks int
	flags          openAIFlags
	at0            int // index of the next block of the list at hand
}

var openAIRes = resParts{"in_layers.0", "in_layers.2", "emb_layers.1", "out_layers.0", "out_layers.3", "skip_connection"}

// readOpenAI infers the network from its tensors and takes from the settings what they do not tell.
func (c *Checkpoint) readOpenAI(s *Settings) error {
	if err := c.need("input_blocks.0.0.weight", "out.2.weight", "time_embed.0.weight", "middle_block.0.emb_layers.1.weight", "middle_block.0.out_layers.3.weight"); err != nil {
		return err
	}
	c.Net = &unet.Network{InChannels: c.dim("input_blocks.0.0.weight", 1), OutChannels: c.dim("out.2.weight", 0), NullLabel: -1,
		Classes: c.dim("label_emb.weight", 0),
		Time:    unet.Time{Dim: c.dim("time_embed.0.weight", 1), Hidden: c.dim("time_embed.0.weight", 0), CosFirst: true}}
	if in, out := c.Net.InChannels, c.Net.OutChannels; out != in && out != 2*in {
		return errors.New(c.Files[0] + ": takes " + strconv.Itoa(in) + " channels and gives " + strconv.Itoa(out) + ": a network that enlarges pictures or classifies them, not one that draws them")
	}
	b := &openAIBuilder{builder: builder{c: c, net: c.Net, parts: openAIRes, groups: 32, eps: 1e-5}}
	if err := b.infer(); err != nil {
		return err
	}
	if err := b.readFlags(s); err != nil {
		return err
	}
	b.build()
	return nil
}

// block names entry i of a list, sub its part.
func block(list string, i, sub int) string {
	return list + "." + strconv.Itoa(i) + "." + strconv.Itoa(sub)
}

// infer counts levels and blocks. Resampling without weights leaves a gap in the numbers of input_blocks; all other kinds show on
// the way up.
func (b *openAIBuilder) infer() error {
	total := 0
	for total < 1024 && b.c.has(block("output_blocks", total, 0)+".in_layers.0.weight") {
		total++
	}
	b.levels = 1
	for i := range total {
		if sub, _ := b.upsampler(i); sub > 0 {
			b.levels++
		}
	}
	if b.levels == 1 {
		for i := 1; i < total; i++ {
			if !b.c.has(block("input_blocks", i, 0)+".in_layers.0.weight") && !b.c.has(block("input_blocks", i, 0)+".op.weight") {
				b.levels++
			}
		}
	}
	if total == 0 || total%b.levels != 0 || total/b.levels < 2 {
		return errors.New(b.c.Files[0] + ": " + strconv.Itoa(total) + " output_blocks do not make " + strconv.Itoa(b.levels) + " levels of equally many: tensors are missing")
	}
	b.blocks = total/b.levels - 1
	b.film = b.c.dim("middle_block.0.emb_layers.1.weight", 0) == 2*b.c.dim("middle_block.0.out_layers.3.weight", 0)
	return nil
}

// upsampler finds the part of output block i that doubles the size: its number, 0 where there is none, and how.
func (b *openAIBuilder) upsampler(i int) (sub int, mode unet.Mode) {
	for sub := 1; sub <= 2; sub++ {
		switch name := block("output_blocks", i, sub); {
		case b.c.has(name + ".conv.weight"):
			return sub, unet.ConvNearest
		case b.c.has(name + ".in_layers.0.weight"):
			return sub, unet.Nearest
		}
	}
	return 0, unet.Plain
}

func (b *openAIBuilder) build() {
	t := b.net.Time
	b.linear("time.1", "time_embed.0", t.Dim, t.Hidden)
	b.linear("time.2", "time_embed.2", t.Hidden, t.Hidden)
	b.classTable("label_emb.weight")
	b.at = b.net.InChannels
	first := b.c.dim("input_blocks.0.0.weight", 0)
	b.conv3x3("in", "input_blocks.0.0", b.at, first)
	b.layer(unet.Layer{Kind: unet.Conv, Name: "in", Out: first, Save: true})
	b.at0 = 1
	for i := range b.levels {
		b.down(i)
	}
	b.res(unet.Layer{Name: "mid.res.0", Out: b.at, Divide: 1}, "middle_block.0")
	b.attn("mid.attn.0", "middle_block.1", b.flags.heads(b.at, false), false)
	b.res(unet.Layer{Name: "mid.res.1", Out: b.at, Divide: 1}, "middle_block.2")
	b.at0 = 0
	for i := range b.levels {
		b.up(i)
	}
	b.norm("head.norm", "out.0", b.at)
	b.conv3x3("head.conv", "out.2", b.at, b.net.OutChannels)
	b.layer(unet.Layer{Kind: unet.Head, Name: "head", Out: b.net.OutChannels, Groups: b.groups, Eps: b.eps})
}

// out is the number of output channels of a residual block.
func (b *openAIBuilder) out(from string) int { return b.c.dim(from+".out_layers.3.weight", 0) }

func (b *openAIBuilder) down(i int) {
	name := "down." + strconv.Itoa(i)
	for j := range b.blocks {
		from, n := block("input_blocks", b.at0, 0), "."+strconv.Itoa(j)
		attn := block("input_blocks", b.at0, 1)
		attends := b.c.has(attn + ".qkv.weight")
		b.res(unet.Layer{Name: name + ".res" + n, Out: b.out(from), Save: !attends, Divide: 1}, from)
		if attends {
			b.attn(name+".attn"+n, attn, b.flags.heads(b.at, false), true)
		}
		b.at0++
	}
	if i == b.levels-1 {
		return
	}
	from := block("input_blocks", b.at0, 0)
	b.at0++
	switch l := (unet.Layer{Kind: unet.Down, Name: name + ".down", Out: b.at, Save: true}); {
	case b.c.has(from + ".in_layers.0.weight"):
		l.Out, l.Mode, l.Divide = b.out(from), unet.Mean, 1
		b.res(l, from)
	case b.c.has(from + ".op.weight"):
		l.Mode = unet.ConvSame
		b.conv3x3(l.Name, from+".op", b.at, b.at)
		b.layer(l)
	default:
		l.Mode = unet.Mean
		b.layer(l)
	}
}

func (b *openAIBuilder) up(i int) {
	name := "up." + strconv.Itoa(i)
	for j := range b.blocks + 1 {
		from, n := block("output_blocks", b.at0, 0), "."+strconv.Itoa(j)
		b.res(unet.Layer{Name: name + ".res" + n, Out: b.out(from), Join: true, Divide: 1}, from)
		if attn := block("output_blocks", b.at0, 1); b.c.has(attn + ".qkv.weight") {
			b.attn(name+".attn"+n, attn, b.flags.heads(b.at, true), false)
		}
		b.at0++
	}
	if i == b.levels-1 {
		return
	}
	sub, mode := b.upsampler(b.at0 - 1)
	from := block("output_blocks", b.at0-1, sub)
	switch l := (unet.Layer{Kind: unet.Up, Name: name + ".up", Out: b.at, Mode: mode}); mode {
	case unet.Nearest:
		l.Out, l.Divide = b.out(from), 1
		b.res(l, from)
	case unet.ConvNearest:
		b.conv3x3(l.Name, from+".conv", b.at, b.at)
		b.layer(l)
	default:
		l.Mode = unet.Nearest
		b.layer(l)
	}
}

// attn maps an attention block whose q, k and v are one layer [3C,C,1]: in the newer order all q, all k, all v; in the older
// one head behind the other, q, k and v of each. A pack has the newer.
func (b *openAIBuilder) attn(name, from string, heads int, save bool) {
	c := b.at
	var rows []int
	if !b.flags.newOrder && heads > 1 && c%heads == 0 {
		rows = legacyRows(c, heads)
	}
	b.norm(name+".norm", from+".norm", c)
	b.add(name+".qkv.weight", mapping{from: []string{from + ".qkv.weight"}, shape: []int{3 * c, c, 1}, order: outFirst, out: []int{1, 1, c, 3 * c}, rows: rows})
	b.add(name+".qkv.bias", mapping{from: []string{from + ".qkv.bias"}, shape: []int{3 * c}, out: []int{3 * c}, rows: rows})
	b.joined(name+".out", []string{from + ".proj_out"}, c, c, 1)
	b.layer(unet.Layer{Kind: unet.Attn, Name: name, Out: c, Groups: b.groups, Eps: b.eps, Heads: heads, Divide: 1, Save: save})
}

// legacyRows gives the newer order's row of each of the older order's.
func legacyRows(c, heads int) []int {
	width, rows := c/heads, make([]int, 3*c)
	for i := range rows {
		head, part, at := i/(3*width), i/width%3, i%width
		rows[i] = part*c + head*width + at
	}
	return rows
}
