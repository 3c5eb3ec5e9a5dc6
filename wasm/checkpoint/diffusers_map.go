package checkpoint

import (
	"strconv"

	"unnoise/wasm/unet"
)

// diffusersBuilder walks the blocks as UNet2DModel does and writes each layer beside the names of its tensors.
type diffusersBuilder struct {
	c     *Checkpoint
	cfg   *unetConfig
	at    int   // channels of the hidden tensor
	skips []int // channels of the saved tensors
}

func (b *diffusersBuilder) build() {
	cfg := b.cfg
	t := cfg.net.Time
	b.linear("time.1", "time_embedding.linear_1", t.Dim, t.Hidden)
	b.linear("time.2", "time_embedding.linear_2", t.Hidden, t.Hidden)
	if cfg.net.Classes > 0 {
		b.add("class.weight", mapping{from: []string{"class_embedding.weight"}, shape: []int{cfg.net.Classes, t.Hidden}, order: tableRows, out: []int{cfg.net.Classes, t.Hidden}})
	}
	b.at = cfg.net.InChannels
	b.conv3x3("in", "conv_in", b.at, cfg.channels[0])
	b.layer(unet.Layer{Kind: unet.Conv, Name: "in", Out: cfg.channels[0], Save: true})
	for i := range cfg.downs {
		b.down(i)
	}
	b.mid()
	for i := range cfg.ups {
		b.up(i)
	}
	b.norm("head.norm", "conv_norm_out", b.at)
	b.conv3x3("head.conv", "conv_out", b.at, cfg.net.OutChannels)
	b.layer(unet.Layer{Kind: unet.Head, Name: "head", Out: cfg.net.OutChannels, Groups: cfg.groups, Eps: cfg.eps})
}

// layer appends a layer that takes the hidden tensor, joined with the newest skip where it says so.
func (b *diffusersBuilder) layer(l unet.Layer) {
	l.In = b.at
	if l.Join {
		l.In += b.pop()
	}
	b.at = l.Out
	if l.Save {
		b.skips = append(b.skips, l.Out)
	}
	b.cfg.net.Layers = append(b.cfg.net.Layers, l)
}

func (b *diffusersBuilder) pop() int {
	if len(b.skips) == 0 {
		return 0 // Check reports the empty stack
	}
	n := b.skips[len(b.skips)-1]
	b.skips = b.skips[:len(b.skips)-1]
	return n
}

func (b *diffusersBuilder) top() int {
	if len(b.skips) == 0 {
		return 0
	}
	return b.skips[len(b.skips)-1]
}

func (b *diffusersBuilder) down(i int) {
	kind, name, from := modern(b.cfg.downs[i]), "down."+strconv.Itoa(i), "down_blocks."+strconv.Itoa(i)
	channels := b.cfg.channels[i]
	for j := range b.cfg.layersPerBlock {
		attn := kind == "AttnDownBlock2D"
		b.res(unet.Layer{Name: name + ".res." + strconv.Itoa(j), Out: channels, Save: !attn, Divide: 1}, from+".resnets."+strconv.Itoa(j))
		if attn {
			b.attn(name+".attn."+strconv.Itoa(j), from+".attentions."+strconv.Itoa(j), b.cfg.groups, 1, true)
		}
	}
	if i == len(b.cfg.downs)-1 {
		return
	}
	if kind == "ResnetDownsampleBlock2D" || kind == "AttnDownBlock2D" && b.cfg.resnetDown {
		b.res(unet.Layer{Name: name + ".down", Out: channels, Mode: unet.Mean, Save: true, Divide: 1}, from+".downsamplers.0")
		return
	}
	b.conv3x3(name+".down", from+".downsamplers.0.conv", channels, channels)
	b.layer(unet.Layer{Kind: unet.Down, Name: name + ".down", Out: channels, Mode: b.cfg.downMode, Save: true})
}

func (b *diffusersBuilder) mid() {
	if !b.cfg.middle {
		return
	}
	for j := range 2 {
		b.res(unet.Layer{Name: "mid.res." + strconv.Itoa(j), Out: b.at, Divide: b.cfg.midScale}, "mid_block.resnets."+strconv.Itoa(j))
		if j == 0 && b.cfg.midAttn {
			b.attn("mid.attn.0", "mid_block.attentions.0", b.cfg.attnGroups, b.cfg.midScale, false)
		}
	}
}

func (b *diffusersBuilder) up(i int) {
	kind, name, from := modern(b.cfg.ups[i]), "up."+strconv.Itoa(i), "up_blocks."+strconv.Itoa(i)
	channels := b.cfg.channels[len(b.cfg.channels)-1-i]
	for j := range b.cfg.layersPerBlock + 1 {
		b.res(unet.Layer{Name: name + ".res." + strconv.Itoa(j), Out: channels, Join: true, Divide: 1}, from+".resnets."+strconv.Itoa(j))
		if kind == "AttnUpBlock2D" {
			b.attn(name+".attn."+strconv.Itoa(j), from+".attentions."+strconv.Itoa(j), b.cfg.groups, 1, false)
		}
	}
	if i == len(b.cfg.ups)-1 {
		return
	}
	if kind == "ResnetUpsampleBlock2D" || kind == "AttnUpBlock2D" && b.cfg.resnetUp {
		b.res(unet.Layer{Name: name + ".up", Out: channels, Mode: unet.Nearest, Divide: 1}, from+".upsamplers.0")
		return
	}
	b.conv3x3(name+".up", from+".upsamplers.0.conv", channels, channels)
	b.layer(unet.Layer{Kind: unet.Up, Name: name + ".up", Out: channels, Mode: unet.ConvNearest})
}

// res maps a ResnetBlock2D.
func (b *diffusersBuilder) res(l unet.Layer, from string) {
	in := b.at
	if l.Join {
		in += b.top()
	}
	l.Kind, l.Groups, l.Groups2, l.Eps, l.FiLM = unet.Res, b.cfg.groups, b.cfg.groups, b.cfg.eps, b.cfg.film
	width := l.Out
	if l.FiLM {
		width *= 2
	}
	b.norm(l.Name+".norm1", from+".norm1", in)
	b.conv3x3(l.Name+".conv1", from+".conv1", in, l.Out)
	b.linear(l.Name+".time", from+".time_emb_proj", b.cfg.net.Time.Hidden, width)
	b.norm(l.Name+".norm2", from+".norm2", l.Out)
	b.conv3x3(l.Name+".conv2", from+".conv2", l.Out, l.Out)
	if in != l.Out {
		b.conv(l.Name+".skip", from+".conv_shortcut", in, l.Out, 1)
	}
	b.layer(l)
}

// attn maps an Attention block, under its present or its earlier tensor names.
func (b *diffusersBuilder) attn(name, from string, groups int, divide float64, save bool) {
	channels, heads := b.at, 1
	if b.cfg.headDim > 0 {
		heads = channels / b.cfg.headDim
	}
	parts := []string{".to_q", ".to_k", ".to_v", ".to_out.0"}
	if _, e := b.c.lookup(from + ".query.weight"); e != nil {
		parts = []string{".query", ".key", ".value", ".proj_attn"}
	}
	if groups > 0 {
		b.norm(name+".norm", from+".group_norm", channels)
	}
	for i := range parts {
		parts[i] = from + parts[i]
	}
	b.joined(name+".qkv", parts[:3], channels)
	b.joined(name+".out", parts[3:], channels)
	b.layer(unet.Layer{Kind: unet.Attn, Name: name, Out: channels, Groups: groups, Eps: b.cfg.eps, Heads: heads, Divide: divide, Save: save})
}

// joined maps linear layers [C,C] side by side to one 1x1 convolution.
func (b *diffusersBuilder) joined(name string, from []string, channels int) {
	w := mapping{shape: []int{channels, channels}, order: outFirst, out: []int{1, 1, channels, channels * len(from)}}
	v := mapping{shape: []int{channels}, out: []int{channels * len(from)}}
	for _, f := range from {
		w.from, v.from = append(w.from, f+".weight"), append(v.from, f+".bias")
	}
	b.add(name+".weight", w)
	b.add(name+".bias", v)
}

func (b *diffusersBuilder) conv3x3(name, from string, in, out int) { b.conv(name, from, in, out, 3) }

func (b *diffusersBuilder) conv(name, from string, in, out, size int) {
	b.add(name+".weight", mapping{from: []string{from + ".weight"}, shape: []int{out, in, size, size}, order: outFirst, out: []int{size, size, in, out}})
	b.vector(name+".bias", from+".bias", out)
}

func (b *diffusersBuilder) linear(name, from string, in, out int) {
	b.add(name+".weight", mapping{from: []string{from + ".weight"}, shape: []int{out, in}, order: outFirst, out: []int{in, out}})
	b.vector(name+".bias", from+".bias", out)
}

func (b *diffusersBuilder) norm(name, from string, channels int) {
	b.vector(name+".weight", from+".weight", channels)
	b.vector(name+".bias", from+".bias", channels)
}

func (b *diffusersBuilder) vector(name, from string, n int) {
	b.add(name, mapping{from: []string{from}, shape: []int{n}, out: []int{n}})
}

func (b *diffusersBuilder) add(name string, m mapping) { b.c.maps[name] = m }
