package checkpoint

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"unnoise/wasm/unet"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// openWith opens the folder with settings given as JSON or YAML.
func (f folder) openWith(settings string, o Options) (*Checkpoint, error) {
	f.t.Helper()
	if settings != "" {
		s, err := NewSettings([]byte(settings), "given.json")
		if err != nil {
			return nil, err
		}
		o.Settings = s
	}
	return Open(f.MapFS, o)
}

// What the reference folders of other layouts say of themselves.
func TestLayouts(t *testing.T) {
	for name, want := range map[string]struct {
		layout, weights, settings, variance string
		classes                             int
	}{
		"bin":            {layoutDiffusers, "as stored (the file does not say whether ema)", "", "", 0},
		"bin-legacy":     {layoutDiffusers, "as stored (the file does not say whether ema)", "", "", 0},
		"adm-legacy-qkv": {layoutOpenAI, "as stored (the file does not say whether ema)", "flags.json", "learned_range", 10},
		"adm-new-qkv":    {layoutOpenAI, "as stored (the file does not say whether ema)", "flags.json", "fixed_large", 0},
		"ho-names":       {layoutHo, "as stored (the file does not say whether ema)", "config.yml", "fixed_large", 0},
		"ho-list":        {layoutHo, "ema", "config.yml", "fixed_large", 0},
	} {
		c, err := Open(golden(t, name).MapFS, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.Close()
		if c.Layout != want.layout || c.Weights != want.weights || c.Settings != want.settings || c.Net.Classes != want.classes ||
			want.variance != "" && string(c.Process.Variance) != want.variance {
			t.Errorf("%s: %s, weights %s, settings from %q, variance %s, %d classes", name, c.Layout, c.Weights, c.Settings, c.Process.Variance, c.Net.Classes)
		}
	}
}

// badFlags are changes of flags.json (alternating keys and values) of adm-legacy-qkv.
var badFlags = []struct {
	what  string
	pairs []any
	says  []string
}{
	{"no heads", list("num_heads", absent), says("do not tell", "num_heads or num_head_channels", "--flags", "--preset", "adm-64")},
	{"no size", list("image_size", absent), says("do not tell image_size")},
	{"no order", list("use_new_attention_order", absent), says("do not tell use_new_attention_order")},
	{"no schedule", list("noise_schedule", absent, "diffusion_steps", absent), says("do not tell noise_schedule, diffusion_steps")},
	{"no rescaling", list("diffusion_steps", 4000, "rescale_timesteps", absent), says("do not tell rescale_timesteps")},
	{"other channels", list("num_channels", 64), says("num_channels", "64", "32")},
	{"other blocks", list("num_res_blocks", 2), says("num_res_blocks", "2", "1")},
	{"other multipliers", list("channel_mult", "1,2"), says("channel_mult", "[1,2]", "[1,1]")},
	{"other attention", list("attention_resolutions", "4"), says("attention_resolutions", "[4]", "[8,4]")},
	{"no learned variance", list("learn_sigma", false), says("learn_sigma", "false", "true")},
	{"no classes", list("class_cond", "False"), says("class_cond", "false", "true")},
	{"other classes", list("num_classes", 1000), says("num_classes", "1000", "10")},
	{"no film", list("use_scale_shift_norm", false), says("use_scale_shift_norm")},
	{"resblocks", list("resblock_updown", true), says("resblock_updown", "true", "false")},
	{"heads do not divide", list("num_heads", 5), says("5 heads")},
	{"head width does not divide", list("num_head_channels", 7), says("heads")},
	{"size text", list("image_size", "large"), says("image_size", "whole number", "large")},
	{"size odd", list("image_size", 9, "attention_resolutions", absent), says("divisible")},
	{"flag text", list("learn_sigma", "perhaps"), says("learn_sigma", "true or false", "perhaps")},
	{"schedule", list("noise_schedule", "sqrt"), says("noise_schedule", "sqrt", "linear or cosine")},
	{"no steps", list("diffusion_steps", 0), says("diffusion_steps")},
	{"too few steps", list("diffusion_steps", 10, "rescale_timesteps", false), says("beta")},
}

func TestBadFlags(t *testing.T) {
	for _, c := range badFlags {
		t.Run(c.what, func(t *testing.T) {
			f := golden(t, "adm-legacy-qkv")
			f.set("flags.json", c.pairs...)
			refused(t, f.convert(""), c.says...)
		})
	}
}

// badHoConfigs are replacements in config.yml of ho-names.
var badHoConfigs = []struct {
	old, new string
	says     []string
}{
	{"  resolution: 16\n", "", says("do not tell resolution", "ho-cifar10")},
	{"  var_type: fixedlarge\n", "", says("do not tell var_type")},
	{"  beta_schedule: linear\n", "", says("do not tell beta_schedule")},
	{"fixedlarge", "learned", says("var_type", `"learned"`)},
	{"beta_schedule: linear", "beta_schedule: warmup10", says("beta_schedule", `"warmup10"`)},
	{"ch: 32", "ch: 64", says(`"ch"`, "64", "32")},
	{"ch_mult: [1, 2]", "ch_mult: [1, 1]", says("ch_mult", "[1,1]", "[1,2]")},
	{"attn_resolutions: [8]", "attn_resolutions: [16]", says("attn_resolutions", "[16]", "[8]")},
	{"num_res_blocks: 1", "num_res_blocks: 2", says("num_res_blocks")},
	{"resolution: 16", "resolution: 16.5", says("resolution", "whole number")},
	{"model:", "model: [", says("config.yml", "YAML")},
	{"model:", "a: &a [1]\nb: *a\nmodel:", says("config.yml", "aliases")},
	{"model:", "x: 1\nx: 2\nmodel:", says("config.yml", "x")},
}

func TestBadHoConfigs(t *testing.T) {
	for _, c := range badHoConfigs {
		f := golden(t, "ho-names")
		text := string(f.MapFS["config.yml"].Data)
		if !strings.Contains(text, c.old) {
			t.Fatalf("config.yml holds no %q", c.old)
		}
		f.write("config.yml", strings.Replace(text, c.old, c.new, 1))
		t.Run(c.new, func(t *testing.T) { refused(t, f.convert(""), c.says...) })
	}
}

// Settings that are given count instead of the file's, JSON or YAML, flat or in groups, words as command lines have them.
func TestSettings(t *testing.T) {
	f := golden(t, "adm-legacy-qkv")
	text := string(f.MapFS["flags.json"].Data)
	f.remove("flags.json")
	for what, settings := range map[string]string{
		"json":  text,
		"words": strings.NewReplacer(": true", `: "True"`, ": false", `: "False"`, ": 8,", `: "8",`).Replace(text),
		"yaml":  strings.NewReplacer("{", "", "}", "", `"`, "", ",\n  ", "\n", "1,1", `"1,1"`, "8,4", `"8,4"`, "\n  ", "\n").Replace(text),
	} {
		c, err := f.openWith(settings, Options{})
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		c.Close()
		if c.Settings != "given.json" || c.Net.Layers[2].Heads != 4 {
			t.Errorf("%s: settings from %s, %d heads", what, c.Settings, c.Net.Layers[2].Heads)
		}
	}
	_, err := f.openWith("", Options{})
	refused(t, err, "do not tell", "image_size", "noise_schedule")

	c, err := golden(t, "ho-names").openWith(`{"resolution":16,"var_type":"fixedsmall","beta_schedule":"quad","beta_start":0.0001,"beta_end":0.02,"num_diffusion_timesteps":1000}`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if c.Process.Variance != "fixed_small" || c.Process.BetaSchedule != "scaled_linear" {
		t.Errorf("process %+v", c.Process)
	}
}

// Rescaled timesteps: the network sees t from 0 to 1000 whatever the number of steps.
func TestRescaleTimesteps(t *testing.T) {
	f := golden(t, "adm-new-qkv")
	f.set("flags.json", "diffusion_steps", 4000, "rescale_timesteps", true, "noise_schedule", "cosine")
	c, err := Open(f.MapFS, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if c.Net.Time.Scale != 0.25 || c.Process.BetaSchedule != "squaredcos_cap_v2" || c.Process.TrainTimesteps != 4000 {
		t.Errorf("scale %g, process %+v", c.Net.Time.Scale, c.Process)
	}
}

// Raw weights and their moving average differ, and each can be had.
func TestWeightsChoice(t *testing.T) {
	values := map[string][]float32{}
	for _, want := range []string{"raw", "ema", ""} {
		c, err := golden(t, "ho-list").openWith("", Options{Weights: want})
		if err != nil {
			t.Fatal(err)
		}
		if values[want], err = c.Values("head.conv.weight"); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	if values["raw"][0] == values["ema"][0] || values[""][0] != values["ema"][0] {
		t.Errorf("raw %g, ema %g, by itself %g", values["raw"][0], values["ema"][0], values[""][0])
	}
	_, err := golden(t, "ho-names").openWith("", Options{Weights: "ema"})
	refused(t, err, "model.ckpt", "does not say whether they are ema", "--weights")

	f := golden(t, "adm-new-qkv")
	f.move("model.pt", "model100.pt")
	f.MapFS["ema_0.9999_100.pt"] = f.MapFS["model100.pt"]
	f.write("opt100.pt", "an optimiser")
	for want, file := range map[string]string{"": "ema_0.9999_100.pt", "ema": "ema_0.9999_100.pt", "raw": "model100.pt"} {
		c, err := f.openWith("", Options{Weights: want})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if c.Files[0] != file || want != "" && c.Weights != want || want == "" && c.Weights != "ema" {
			t.Errorf("%q: took %s, %s", want, c.Files[0], c.Weights)
		}
	}
}

// Networks of other kinds are refused with the reason.
func TestForeignNetworks(t *testing.T) {
	for what, c := range map[string]struct {
		names []string
		says  []string
	}{
		"lucidrains":     {[]string{"init_conv.weight", "downs.0.0.block1.proj.weight", "mid_block1.block1.proj.weight"}, says("lucidrains", "refused")},
		"lucidrains ema": {[]string{"ema_model.model.init_conv.weight", "ema_model.model.downs.0.0.block1.proj.weight", "ema_model.model.mid_block1.block1.proj.weight"}, says("lucidrains")},
		"latent":         {[]string{"model.diffusion_model.input_blocks.0.0.weight", "first_stage_model.encoder.conv_in.weight"}, says("latent")},
		"text":           {[]string{"down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_q.weight", "conv_in.weight"}, says("cross-attention")},
		"anything":       {[]string{"layer1.weight", "layer2.weight"}, says("no known layout", "layer1.weight", "OpenAI")},
		"an upscaler":    {[]string{"input_blocks.0.0.weight", "out.2.weight", "time_embed.0.weight", "middle_block.0.emb_layers.1.weight", "middle_block.0.out_layers.3.weight"}, says("input_blocks.0.0.weight")},
	} {
		t.Run(what, func(t *testing.T) {
			var tensors []weights.Tensor
			for _, n := range c.names {
				tensors = append(tensors, weights.FromFloat32s(n, []int{1}, []float32{0}))
			}
			var buf bytes.Buffer
			if err := weights.Write(&buf, nil, tensors); err != nil {
				t.Fatal(err)
			}
			f := folder{t, fstest.MapFS{}}
			f.write("model.safetensors", buf.String())
			refused(t, f.convert(""), c.says...)
		})
	}
}

// A pickle bomb is refused by name, wherever it stands.
func TestPickleBombInFolder(t *testing.T) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "m/data.pkl", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.")); err != nil {
		t.Fatal(err)
	}
	z.Close()
	f := golden(t, "bin")
	f.write("unet/diffusion_pytorch_model.bin", buf.String())
	refused(t, f.convert(""), "unet/diffusion_pytorch_model.bin", "os.system")
	f = golden(t, "ho-names")
	f.write("model.ckpt", buf.String())
	refused(t, f.convert(""), "model.ckpt", "os.system")
}

// Every preset is whole: it answers everything that is asked of its layout.
func TestPresets(t *testing.T) {
	for _, name := range Presets() {
		s, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		c := &Checkpoint{Files: []string{"model.pt"}}
		if presets[name].layout == layoutHo {
			continue
		}
		b := &openAIBuilder{builder: builder{c: c}, flags: openAIFlags{numHeads: s.int(0, "num_heads"), headChannels: s.int(-1, "num_head_channels")}}
		if missing := b.missing(s); len(missing) > 0 {
			t.Errorf("%s does not tell %q", name, missing)
		}
	}
	if _, err := Preset("adm-65"); err == nil || !strings.Contains(err.Error(), "adm-64") {
		t.Errorf("error %v lists no presets", err)
	}
}

// FuzzConfig: no configuration makes a reader panic, in any layout. The tensors are opened once: reading them again takes a thousand
// times as long as a configuration.
func FuzzConfig(f *testing.F) {
	adm, ho, diffusers := golden(f, "adm-new-qkv"), golden(f, "ho-names"), golden(f, "tutorial-flavour")
	f.Add(adm.MapFS["flags.json"].Data)
	f.Add(ho.MapFS["config.yml"].Data)
	f.Add(diffusers.MapFS[configFile].Data)
	f.Add(diffusers.MapFS[schedulerFile].Data)
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("{a: {b: [1, 2e400, .inf, 0x7fffffffffffffff, ~, yes]}}"))
	var opened []*Checkpoint
	for _, folder := range []folder{adm, ho, diffusers} {
		c, err := Open(folder.MapFS, Options{})
		if err != nil {
			f.Fatal(err)
		}
		opened = append(opened, c)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, o := range opened {
			c := &Checkpoint{Files: o.Files, tensors: o.tensors, byName: o.byName, maps: map[string]mapping{}}
			if c.configure(o.Layout, text) == nil && c.Net.Check() == nil && c.check() == nil {
				if _, err := unet.Compile(c.Net); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// configure reads a text as the layout's configuration.
func (c *Checkpoint) configure(layout string, text []byte) error {
	s, err := NewSettings(text, "fuzz")
	if err != nil {
		return err
	}
	switch layout {
	case layoutOpenAI:
		return c.readOpenAI(s)
	case layoutHo:
		return c.readHo(s)
	}
	o, err := jsontree.ParseObject(text)
	if err != nil {
		return err
	}
	if err := c.parseScheduler(o, "fuzz"); err != nil {
		return err
	}
	return c.readDiffusers(o, "fuzz")
}
