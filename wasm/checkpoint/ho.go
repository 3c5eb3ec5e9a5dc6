package checkpoint

import (
	"errors"
	"slices"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/unet"
)

// hoBuilder walks the network of Ho et al. 2020 as its PyTorch ports name it: down.L, mid, up.L with L counted from full
// size in both directions. 32 groups, eps 1e-6, one head, stride 2 padded right and below, [sin, cos] with shift 1: the ports have no
// setting for these.
type hoBuilder struct {
	builder
	levels, blocks int
	conv           bool // resampling has convolutions
}

var hoRes = resParts{"norm1", "conv1", "temb_proj", "norm2", "conv2", "nin_shortcut"}

// readHo infers the network from its tensors and takes resolution and process from the settings.
func (c *Checkpoint) readHo(s *Settings) error {
	if err := c.need("conv_in.weight", "conv_out.weight", "temb.dense.0.weight"); err != nil {
		return err
	}
	c.Net = &unet.Network{InChannels: c.dim("conv_in.weight", 1), OutChannels: c.dim("conv_out.weight", 0), NullLabel: -1,
		Time: unet.Time{Dim: c.dim("temb.dense.0.weight", 1), Hidden: c.dim("temb.dense.0.weight", 0), FreqShift: 1}}
	b := &hoBuilder{builder: builder{c: c, net: c.Net, parts: hoRes, groups: 32, eps: 1e-6}}
	if err := b.infer(); err != nil {
		return err
	}
	if err := b.settings(s); err != nil {
		return err
	}
	b.build()
	return nil
}

// infer counts levels and blocks.
func (b *hoBuilder) infer() error {
	for b.levels < 32 && b.c.has(b.level("down", b.levels)+".block.0.conv1.weight") {
		b.levels++
	}
	for b.blocks < 64 && b.c.has(b.level("down", 0)+".block."+strconv.Itoa(b.blocks)+".conv1.weight") {
		b.blocks++
	}
	if b.levels == 0 {
		return errors.New(b.c.Files[0] + `: tensor "down.0.block.0.conv1.weight" is missing`)
	}
	for _, t := range b.c.tensors {
		if n := len(t.name); n > 20 && t.name[n-20:] == "conv_shortcut.weight" {
			return t.fail("is a 3x3 shortcut (use_conv_shortcut), which is not computed here")
		}
	}
	b.conv = b.c.has("down.0.downsample.conv.weight")
	return nil
}

func (b *hoBuilder) level(side string, i int) string { return side + "." + strconv.Itoa(i) }

// settings asks for what tensors do not tell, and compares the rest with them.
func (b *hoBuilder) settings(s *Settings) error {
	size := []string{"data.image_size", "model.resolution", "resolution", "image_size"}
	var missing []string
	for _, ask := range []struct {
		keys []string
		why  string
	}{
		{size, "resolution"}, {[]string{"model.var_type", "var_type"}, "var_type (fixedlarge or fixedsmall)"},
		{betaKeys("beta_schedule"), "beta_schedule"}, {betaKeys("beta_start"), "beta_start"}, {betaKeys("beta_end"), "beta_end"},
		{betaKeys("num_diffusion_timesteps"), "num_diffusion_timesteps"},
	} {
		if !s.has(ask.keys...) {
			missing = append(missing, ask.why)
		}
	}
	if err := b.c.ask(missing, presetText(layoutHo)); err != nil {
		return err
	}
	b.net.Height = s.int(0, size...)
	b.net.Width = b.net.Height
	b.compare(s)
	if err := b.process(s); err != nil {
		return err
	}
	for _, training := range []string{"dropout", "ema", "ema_rate", "resamp_with_conv"} {
		s.has(training)
	}
	s.unused(b.c)
	return s.err
}

func betaKeys(key string) []string { return []string{"diffusion." + key, key} }

// compare holds the settings that the tensors tell as well to what they tell.
func (b *hoBuilder) compare(s *Settings) {
	ch := b.net.Time.Dim
	for _, f := range []struct {
		key   string
		found int
	}{{"ch", ch}, {"num_res_blocks", b.blocks}, {"in_channels", b.net.InChannels}, {"out_ch", b.net.OutChannels}} {
		b.c.agree(s, f.key, s.int(f.found, "model."+f.key, f.key), f.found)
	}
	var mult, attn []float64
	for i := range b.levels {
		mult = append(mult, float64(b.channels(i))/float64(ch))
		if b.attends(i) {
			attn = append(attn, float64(b.net.Height>>i))
		}
	}
	if claimed := s.floats("model.ch_mult", "ch_mult"); claimed != nil && !slices.Equal(claimed, mult) {
		b.c.agree(s, "ch_mult", anys(claimed), anys(mult))
	}
	if claimed := s.floats("model.attn_resolutions", "attn_resolutions"); claimed != nil {
		claimed = slices.DeleteFunc(claimed, func(r float64) bool { return !b.reaches(r) })
		if slices.Sort(claimed); !slices.Equal(claimed, sorted(attn)) {
			b.c.agree(s, "attn_resolutions", anys(claimed), anys(attn))
		}
	}
}

// reaches says whether a level has maps of side r.
func (b *hoBuilder) reaches(r float64) bool {
	for i := range b.levels {
		if float64(b.net.Height>>i) == r {
			return true
		}
	}
	return false
}

func sorted(v []float64) []float64 { slices.Sort(v); return v }

func anys(v []float64) []any {
	out := make([]any, len(v))
	for i, x := range v {
		out[i] = x
	}
	return out
}

// process reads the schedule under the ports' names.
func (b *hoBuilder) process(s *Settings) error {
	p := diffusion.Config{TrainTimesteps: s.int(0, betaKeys("num_diffusion_timesteps")...), BetaStart: s.float(0, betaKeys("beta_start")...), BetaEnd: s.float(0, betaKeys("beta_end")...),
		Prediction: "epsilon", Spacing: "leading", Clip: 1}
	schedule := s.text("", betaKeys("beta_schedule")...)
	known := map[string]diffusion.BetaSchedule{"linear": "linear", "quad": "scaled_linear", "sigmoid": "sigmoid"}
	var ok bool
	if p.BetaSchedule, ok = known[schedule]; !ok {
		return errors.New(s.From + `: "beta_schedule" is ` + strconv.Quote(schedule) + ", expected linear, quad or sigmoid")
	}
	variance := s.text("", "model.var_type", "var_type")
	if p.Variance, ok = map[string]diffusion.Variance{"fixedlarge": "fixed_large", "fixedsmall": "fixed_small"}[variance]; !ok {
		return errors.New(s.From + `: "var_type" is ` + strconv.Quote(variance) + ", expected fixedlarge or fixedsmall")
	}
	if s.err != nil {
		return s.err
	}
	b.c.Process = p
	if _, err := p.Schedule(); err != nil {
		return errors.New(s.From + ": " + err.Error())
	}
	return nil
}

func (b *hoBuilder) channels(level int) int {
	return b.c.dim(b.level("down", level)+".block.0.conv1.weight", 0)
}

func (b *hoBuilder) attends(level int) bool {
	return b.c.has(b.level("down", level) + ".attn.0.q.weight")
}

func (b *hoBuilder) build() {
	t := b.net.Time
	b.linear("time.1", "temb.dense.0", t.Dim, t.Hidden)
	b.linear("time.2", "temb.dense.1", t.Hidden, t.Hidden)
	first := b.c.dim("conv_in.weight", 0)
	b.at = b.net.InChannels
	b.conv3x3("in", "conv_in", b.at, first)
	b.layer(unet.Layer{Kind: unet.Conv, Name: "in", Out: first, Save: true})
	for i := range b.levels {
		b.down(i)
	}
	b.res(unet.Layer{Name: "mid.res.0", Out: b.at, Divide: 1}, "mid.block_1")
	b.attn("mid.attn.0", "mid.attn_1", false)
	b.res(unet.Layer{Name: "mid.res.1", Out: b.at, Divide: 1}, "mid.block_2")
	for i := b.levels - 1; i >= 0; i-- {
		b.up(i)
	}
	b.norm("head.norm", "norm_out", b.at)
	b.conv3x3("head.conv", "conv_out", b.at, b.net.OutChannels)
	b.layer(unet.Layer{Kind: unet.Head, Name: "head", Out: b.net.OutChannels, Groups: b.groups, Eps: b.eps})
}

func (b *hoBuilder) down(i int) {
	name, attends, out := b.level("down", i), b.attends(i), b.channels(i)
	for j := range b.blocks {
		n := "." + strconv.Itoa(j)
		b.res(unet.Layer{Name: name + ".res" + n, Out: out, Save: !attends, Divide: 1}, name+".block"+n)
		if attends {
			b.attn(name+".attn"+n, name+".attn"+n, true)
		}
	}
	if i == b.levels-1 {
		return
	}
	l := unet.Layer{Kind: unet.Down, Name: name + ".down", Out: out, Mode: unet.Mean, Save: true}
	if b.conv {
		l.Mode = unet.ConvRightBottom
		b.conv3x3(l.Name, name+".downsample.conv", out, out)
	}
	b.layer(l)
}

// up maps level i on the way up; the packs' names count from the smallest maps, as the layers run.
func (b *hoBuilder) up(i int) {
	name, from, out := b.level("up", b.levels-1-i), b.level("up", i), b.channels(i)
	for j := range b.blocks + 1 {
		n := "." + strconv.Itoa(j)
		b.res(unet.Layer{Name: name + ".res" + n, Out: out, Join: true, Divide: 1}, from+".block"+n)
		if b.attends(i) {
			b.attn(name+".attn"+n, from+".attn"+n, false)
		}
	}
	if i == 0 {
		return
	}
	l := unet.Layer{Kind: unet.Up, Name: name + ".up", Out: out, Mode: unet.Nearest}
	if b.conv {
		l.Mode = unet.ConvNearest
		b.conv3x3(l.Name, from+".upsample.conv", out, out)
	}
	b.layer(l)
}

// attn maps an attention block whose layers are 1x1 convolutions.
func (b *hoBuilder) attn(name, from string, save bool) {
	b.norm(name+".norm", from+".norm", b.at)
	b.joined(name+".qkv", []string{from + ".q", from + ".k", from + ".v"}, b.at, b.at, 1, 1)
	b.joined(name+".out", []string{from + ".proj_out"}, b.at, b.at, 1, 1)
	b.layer(unet.Layer{Kind: unet.Attn, Name: name, Out: b.at, Groups: b.groups, Eps: b.eps, Heads: 1, Divide: 1, Save: save})
}
