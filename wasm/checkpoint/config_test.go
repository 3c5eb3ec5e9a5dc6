package checkpoint

import (
	"testing"

	"unnoise/weights/jsontree"
)

func list(values ...any) []any { return values }

// badConfigs are changes of unet/config.json that must be refused: alternating keys and values, and what the error says
// besides the file's name.
var badConfigs = []struct {
	what  string
	pairs []any
	says  []string
}{
	{"class", list("_class_name", "UNet2DConditionModel"), says("UNet2DConditionModel", "UNet2DModel")},
	{"activation", list("act_fn", "gelu"), says("act_fn", `"gelu"`, "silu")},
	{"time embedding", list("time_embedding_type", "fourier"), says("time_embedding_type", `"fourier"`, "positional")},
	{"scale shift", list("resnet_time_scale_shift", "spatial"), says("resnet_time_scale_shift", `"spatial"`, "scale_shift")},
	{"downsampling", list("downsample_type", "fir"), says("downsample_type", `"fir"`)},
	{"upsampling", list("upsample_type", "fir"), says("upsample_type", `"fir"`)},
	{"middle block", list("mid_block_type", "UNetMidBlock2DCrossAttn"), says("mid_block_type", "UNetMidBlock2DCrossAttn")},
	{"class embedding", list("class_embed_type", "timestep"), says("class_embed_type", `"timestep"`)},
	{"down block", list("down_block_types", list("CrossAttnDownBlock2D", "DownBlock2D")), says("down_block_types", `"CrossAttnDownBlock2D"`, "AttnDownBlock2D")},
	{"up block", list("up_block_types", list("SkipUpBlock2D", "UpBlock2D")), says("up_block_types", `"SkipUpBlock2D"`, "AttnUpBlock2D")},
	{"padding", list("downsample_padding", 2), says("downsample_padding", "2")},
	{"no size", list("sample_size", absent), says("sample_size", "missing")},
	{"size null", list("sample_size", nil), says("sample_size", "missing")},
	{"size text", list("sample_size", "16"), says("sample_size", `"16"`)},
	{"size of three", list("sample_size", list(16, 16, 3)), says("sample_size", "[16,16,3]")},
	{"size negative", list("sample_size", -16), says("sides")},
	{"size huge", list("sample_size", 1000000), says("sides")},
	{"size odd", list("sample_size", 15), says("divisible")},
	{"lists of different lengths", list("block_out_channels", list(16, 24, 32)), says("block_out_channels", "2, 2 and 3")},
	{"no levels", list("block_out_channels", list(), "down_block_types", list(), "up_block_types", list()), says("block_out_channels")},
	{"channels text", list("block_out_channels", list("16", 24)), says("block_out_channels", "whole numbers")},
	{"channels zero", list("block_out_channels", list(0, 24)), says("1 to")},
	{"channels huge", list("block_out_channels", list(1<<40, 24)), says("1 to")},
	{"layers zero", list("layers_per_block", 0), says("layers")},
	{"layers huge", list("layers_per_block", 1<<30), says("layers")},
	{"groups", list("norm_num_groups", 5), says("5 groups", "16 channels")},
	{"groups zero", list("norm_num_groups", 0), says("0 groups")},
	{"groups text", list("norm_num_groups", "8"), says("norm_num_groups", "whole number")},
	{"eps zero", list("norm_eps", 0), says("eps")},
	{"head width", list("attention_head_dim", 7), says("attention_head_dim", "7", "24")},
	{"head width too large", list("attention_head_dim", 512), says("attention_head_dim", "512")},
	{"head width zero", list("attention_head_dim", 0), says("attention_head_dim", "0")},
	{"head width negative", list("attention_head_dim", -8), says("attention_head_dim", "-8")},
	{"in channels", list("in_channels", 0), says("channels")},
	{"in channels differ", list("in_channels", 4), says("conv_in.weight", "[16,3,3,3]", "[16,4,3,3]")},
	{"in channels text", list("in_channels", "3"), says("in_channels", `"3"`)},
	{"flag text", list("flip_sin_to_cos", "yes"), says("flip_sin_to_cos", "true or false")},
	{"classes text", list("num_class_embeds", "ten"), says("num_class_embeds", "whole number")},
	{"classes without a table", list("num_class_embeds", 10), says("class_embedding.weight", "missing", "[10,64]")},
	{"null label text", list("num_class_embeds", 10, "null_label", "last"), says("null_label", "whole number")},
	{"scale zero", list("mid_block_scale_factor", 0), says("divided")},
	{"shift kills frequencies", list("freq_shift", 8), says("no frequencies")},
}

func says(s ...string) []string { return s }

func TestBadConfigs(t *testing.T) {
	for _, c := range badConfigs {
		t.Run(c.what, func(t *testing.T) {
			f := golden(t, "tutorial-flavour")
			f.set(configFile, c.pairs...)
			refused(t, f.convert(""), c.says...)
		})
	}
}

func TestConfigsThatAreNotConfigs(t *testing.T) {
	for _, text := range []string{"", "{", "[]", "null", "\x00\x01\x02", `{"sample_size":16,"sample_size":32}`, `{"sample_size":16} trailing`, "\"\xff\""} {
		f := golden(t, "tutorial-flavour")
		f.write(configFile, text)
		refused(t, f.convert(""), configFile)
		f = golden(t, "tutorial-flavour")
		f.write(schedulerFile, text)
		refused(t, f.convert(""), schedulerFile)
	}
}

// badSchedulers are changes of the scheduler's file.
var badSchedulers = []struct {
	what  string
	pairs []any
	says  []string
}{
	{"schedule", list("beta_schedule", "cubic"), says("cubic")},
	{"steps zero", list("num_train_timesteps", 0), nil},
	{"steps huge", list("num_train_timesteps", 1<<40), nil},
	{"steps text", list("num_train_timesteps", "1000"), says(schedulerFile, "num_train_timesteps")},
	{"betas above one", list("beta_end", 2), nil},
	{"betas negative", list("beta_start", -1), nil},
	{"betas text", list("trained_betas", list("a")), says(schedulerFile, "trained_betas")},
	{"betas bad", list("trained_betas", list(0.1, jsontree.Number("1e300"))), nil},
	{"prediction a number", list("prediction_type", 1), says(schedulerFile, "prediction_type")},
	{"clip text", list("clip_sample", "yes"), says(schedulerFile, "clip_sample")},
}

func TestBadSchedulers(t *testing.T) {
	for _, c := range badSchedulers {
		t.Run(c.what, func(t *testing.T) {
			f := golden(t, "tutorial-flavour")
			f.set(schedulerFile, c.pairs...)
			refused(t, f.convert(""), c.says...)
		})
	}
}

// What is not understood and does no harm is said.
func TestNotes(t *testing.T) {
	f := golden(t, "tutorial-flavour")
	f.set(configFile, "new_key", 1)
	f.remove(schedulerFile)
	c, err := Open(f.MapFS, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if len(c.Notes) != 2 {
		t.Errorf("notes %q, want one about new_key and one about the missing scheduler", c.Notes)
	}
}

// The label that stands for no class is the last row of the table where tools/train says so, and none elsewhere.
func TestNullLabel(t *testing.T) {
	f := golden(t, "classes")
	for _, c := range []struct {
		pairs []any
		want  int
	}{{nil, -1}, {list("null_label", 9), 9}} {
		f.set(configFile, c.pairs...)
		ck, err := Open(f.MapFS, Options{})
		if err != nil {
			t.Fatal(err)
		}
		ck.Close()
		if ck.Net.NullLabel != c.want {
			t.Errorf("%v: null label %d, want %d", c.pairs, ck.Net.NullLabel, c.want)
		}
	}
	f.set(configFile, "null_label", 10)
	refused(t, f.convert(""), "null label")
}
