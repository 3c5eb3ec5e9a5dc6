package checkpoint

import (
	"strconv"

	"unnoise/wasm/unet"
)

// diffusersBuilder walks the blocks as UNet2DModel does and writes each layer beside the names of its tensors.
type diffusersBuilder struct {
	builder
	cfg *unetConfig
}

var diffusersRes = resParts{"norm1", "conv1", "time_emb_proj", "norm2", "conv2", "conv_shortcut"}

func (b *diffusersBuilder) build() {
	cfg := b.cfg
	t := cfg.net.Time
	b.linear("time.1", "time_embedding.linear_1", t.Dim, t.Hidden)
	b.linear("time.2", "time_embedding.linear_2", t.Hidden, t.Hidden)
	b.classTable("class_embedding.weight")
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

// attn maps an Attention block, under its present or its earlier tensor names.
func (b *diffusersBuilder) attn(name, from string, groups int, divide float64, save bool) {
	channels, heads := b.at, 1
	if b.cfg.headDim > 0 {
		heads = channels / b.cfg.headDim
	}
	parts := []string{".to_q", ".to_k", ".to_v", ".to_out.0"}
	if b.c.has(from + ".query.weight") {
		parts = []string{".query", ".key", ".value", ".proj_attn"}
	}
	if groups > 0 {
		b.norm(name+".norm", from+".group_norm", channels)
	}
	for i := range parts {
		parts[i] = from + parts[i]
	}
	b.joined(name+".qkv", parts[:3], channels, channels)
	b.joined(name+".out", parts[3:], channels, channels)
	b.layer(unet.Layer{Kind: unet.Attn, Name: name, Out: channels, Groups: groups, Eps: b.cfg.eps, Heads: heads, Divide: divide, Save: save})
}
