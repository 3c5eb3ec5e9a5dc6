package checkpoint

import (
	"errors"
	"strconv"
	"strings"

	"unnoise/wasm/unet"
	"unnoise/weights/jsontree"
)

// unetConfig is diffusers' UNet2DModel configuration with the library's defaults for absent keys.
type unetConfig struct {
	net             unet.Network
	channels        []int
	layersPerBlock  int
	downs, ups      []string
	headDim         int // 0: one head
	groups          int
	attnGroups      int // of the middle attention; 0: no norm
	eps             float64
	film            bool
	downMode        unet.Mode
	resnetDown      bool // attention blocks resample by residual blocks
	resnetUp        bool
	middle, midAttn bool
	midScale        float64
}

// readDiffusers turns a configuration into the network and the map of its tensors.
func (c *Checkpoint) readDiffusers(o *jsontree.Object, name string) error {
	cfg, notes, err := parseUNet(o, name)
	if err != nil {
		return err
	}
	c.Notes = append(c.Notes, notes...)
	b := diffusersBuilder{builder{c: c, net: &cfg.net, parts: diffusersRes, groups: cfg.groups, eps: cfg.eps, film: cfg.film}, cfg}
	b.build()
	c.Net = &cfg.net
	return nil
}

func parseUNet(o *jsontree.Object, name string) (*unetConfig, []string, error) {
	f := o.Fields(name)
	if class := f.String("_class_name", "UNet2DModel"); class != "UNet2DModel" && class != "UNetUnconditionalModel" {
		return nil, nil, errors.New(name + ": class " + class + " is not supported, expected UNet2DModel")
	}
	c := &unetConfig{
		channels: f.Ints("block_out_channels"), layersPerBlock: f.Int("layers_per_block", 2),
		downs: f.Strings("down_block_types"), ups: f.Strings("up_block_types"),
		groups: f.Int("norm_num_groups", 32), eps: f.Float("norm_eps", 1e-5), midScale: f.Float("mid_block_scale_factor", 1),
		midAttn: f.Bool("add_attention", true), middle: true,
	}
	if !f.Has("block_out_channels") {
		c.channels = []int{224, 448, 672, 896}
	}
	if !f.Has("down_block_types") {
		c.downs = []string{"DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"}
	}
	if !f.Has("up_block_types") {
		c.ups = []string{"AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"}
	}
	c.attention(f)
	c.network(f)
	c.modes(f)
	for _, ignored := range []string{"_diffusers_version", "_name_or_path", "dropout", "num_train_timesteps", "use_timestep_embedding"} {
		f.Present(ignored)
	}
	if err := c.refuse(f, name); err != nil {
		return nil, nil, err
	}
	var notes []string
	for _, key := range f.Unused() {
		notes = append(notes, name+": unknown key "+strconv.Quote(key)+" was passed over")
	}
	return c, notes, f.Err()
}

// attention: head_dim null means one head, absent means 8; the middle attention has a norm of its own count, or the
// blocks' count unless the time embedding is scale_shift.
func (c *unetConfig) attention(f *jsontree.Fields) {
	if c.headDim = f.Int("attention_head_dim", 0); !f.Present("attention_head_dim") {
		c.headDim = 8
	}
	c.film = f.String("resnet_time_scale_shift", "default") == "scale_shift"
	c.attnGroups = c.groups
	if c.film {
		c.attnGroups = 0
	}
	c.attnGroups = f.Int("attn_norm_num_groups", c.attnGroups)
}

func (c *unetConfig) network(f *jsontree.Fields) {
	n := &c.net
	n.InChannels, n.OutChannels = f.Int("in_channels", 3), f.Int("out_channels", 3)
	n.CenterInput = f.Bool("center_input_sample", false)
	// The library has no word for the label that stands for none: tools/train writes it.
	n.Classes, n.NullLabel = f.Int("num_class_embeds", 0), f.Int("null_label", -1)
	if len(c.channels) > 0 {
		n.Time.Dim = c.channels[0]
		n.Time.Hidden = f.Int("time_embedding_dim", 4*c.channels[0])
	}
	n.Time.CosFirst, n.Time.FreqShift = f.Bool("flip_sin_to_cos", true), f.Float("freq_shift", 0)
	n.Height, n.Width = c.size(f)
}

// size reads sample_size: a number or [height, width].
func (c *unetConfig) size(f *jsontree.Fields) (h, w int) {
	if !f.Has("sample_size") {
		return 0, 0
	}
	probe := jsontree.NewObject().Set("sample_size", f.Value("sample_size")).Fields("config")
	if side := probe.Int("sample_size", 0); probe.Err() == nil {
		return side, side
	}
	if s := f.Ints("sample_size"); len(s) == 2 {
		return s[0], s[1]
	}
	return 0, 0
}

func (c *unetConfig) modes(f *jsontree.Fields) {
	c.downMode = unet.ConvSame
	if f.Int("downsample_padding", 1) == 0 {
		c.downMode = unet.ConvRightBottom
	}
	c.resnetDown = f.String("downsample_type", "conv") == "resnet"
	c.resnetUp = f.String("upsample_type", "conv") == "resnet"
	if f.Present("mid_block_type") && !f.Has("mid_block_type") {
		c.middle = false
	}
}

// refuse reports what the network description cannot hold.
func (c *unetConfig) refuse(f *jsontree.Fields, name string) error {
	allowed := func(key, def string, values ...string) error {
		got := f.String(key, def)
		for _, v := range values {
			if got == v {
				return nil
			}
		}
		return errors.New(name + ": " + key + " " + strconv.Quote(got) + " is not supported, expected " + strings.Join(values, " or "))
	}
	for _, err := range []error{
		allowed("act_fn", "silu", "silu", "swish"),
		allowed("time_embedding_type", "positional", "positional"),
		allowed("resnet_time_scale_shift", "default", "default", "scale_shift"),
		allowed("downsample_type", "conv", "conv", "resnet"),
		allowed("upsample_type", "conv", "conv", "resnet"),
		allowed("mid_block_type", "UNetMidBlock2D", "UNetMidBlock2D"),
		allowed("class_embed_type", "", ""),
	} {
		if err != nil {
			return err
		}
	}
	if p := f.Int("downsample_padding", 1); p != 0 && p != 1 {
		return errors.New(name + ": downsample_padding " + strconv.Itoa(p) + " is not supported, expected 0 or 1")
	}
	if f.Has("sample_size") && c.net.Height == 0 {
		return errors.New(name + ": sample_size must be a number or [height, width], found " + jsontree.Text(f.Value("sample_size")))
	}
	if c.net.Height == 0 {
		return errors.New(name + ": sample_size is missing: write the pictures' size (a number or [height, width]) into the file")
	}
	if len(c.channels) == 0 || len(c.downs) != len(c.channels) || len(c.ups) != len(c.channels) {
		return errors.New(name + ": down_block_types, up_block_types and block_out_channels must be lists of one length, found " +
			strconv.Itoa(len(c.downs)) + ", " + strconv.Itoa(len(c.ups)) + " and " + strconv.Itoa(len(c.channels)))
	}
	if len(c.channels) > 32 || c.layersPerBlock < 1 || c.layersPerBlock > 64 {
		return errors.New(name + ": needs 1 to 32 levels of 1 to 64 layers")
	}
	if err := c.refuseBlocks(name); err != nil {
		return err
	}
	return c.refuseHeads(f, name)
}

func (c *unetConfig) refuseBlocks(name string) error {
	for i := range c.downs {
		for _, b := range []struct{ key, got, attn, plain, resnet string }{
			{"down_block_types", c.downs[i], "AttnDownBlock2D", "DownBlock2D", "ResnetDownsampleBlock2D"},
			{"up_block_types", c.ups[i], "AttnUpBlock2D", "UpBlock2D", "ResnetUpsampleBlock2D"},
		} {
			if got := modern(b.got); got != b.attn && got != b.plain && got != b.resnet {
				return errors.New(name + ": " + b.key + ": " + strconv.Quote(b.got) + " is not supported, expected " + b.plain + ", " + b.attn + " or " + b.resnet)
			}
		}
	}
	return nil
}

// refuseHeads reports heads that do not fill the channels of a level with attention.
func (c *unetConfig) refuseHeads(f *jsontree.Fields, name string) error {
	if !f.Has("attention_head_dim") && f.Present("attention_head_dim") {
		return nil // null: one head
	}
	last := len(c.channels) - 1
	for i, n := range c.channels {
		attends := modern(c.downs[i]) == "AttnDownBlock2D" || modern(c.ups[last-i]) == "AttnUpBlock2D" || i == last && c.middle && c.midAttn
		if attends && (c.headDim < 1 || n%c.headDim != 0) {
			return errors.New(name + ": attention_head_dim " + strconv.Itoa(c.headDim) + " does not divide the " + strconv.Itoa(n) + " channels of level " + strconv.Itoa(i))
		}
	}
	return nil
}

// modern is a block's name without the prefix that early versions of the library wrote.
func modern(block string) string { return strings.TrimPrefix(block, "UNetRes") }
