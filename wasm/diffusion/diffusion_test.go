package diffusion_test

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/goldens"
)

// Float64 formulas against float64 formulas: 1e-12 relative is the bound of the references' README.
var formulas = goldens.Tolerance{Abs: 1e-15, Rel: 1e-12}

func schedule(t *testing.T, f *goldens.File) *diffusion.Schedule {
	t.Helper()
	var s *diffusion.Schedule
	var err error
	if kind, ok := f.Metadata["beta_schedule"]; ok {
		start, end := 0.0, 0.0
		if f.Metadata["beta_start"] != "" { // the cosine schedule has none
			start, end = f.Float("beta_start"), f.Float("beta_end")
		}
		s, err = diffusion.NewSchedule(diffusion.BetaSchedule(kind), f.Int("num_train_timesteps"), start, end, f.Metadata["rescale_betas_zero_snr"] == "true")
	} else {
		s, err = diffusion.FromBetas(f.Float64s("betas"), false)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchedules(t *testing.T) {
	for _, name := range goldens.Names(t, "schedules") {
		if name == "timesteps" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			f := goldens.Open(t, "schedules", name+".safetensors")
			s := schedule(t, f)
			got := map[string][]float64{"betas": s.Betas, "alphas_cumprod": s.AlphaBars}
			for i := range s.T() {
				c0, ct, v := s.Posterior(i)
				got["posterior_mean_coef1"] = append(got["posterior_mean_coef1"], c0)
				got["posterior_mean_coef2"] = append(got["posterior_mean_coef2"], ct)
				got["posterior_variance"] = append(got["posterior_variance"], v)
				got["posterior_log_variance_clipped"] = append(got["posterior_log_variance_clipped"], s.PosteriorLogVariance(i))
			}
			for key, values := range got {
				if _, err := goldens.Compare(values, f.Float64s(key), formulas); err != nil {
					t.Errorf("%s: %v", key, err)
				}
			}
		})
	}
}

func TestTimesteps(t *testing.T) {
	f := goldens.Open(t, "schedules", "timesteps.safetensors")
	checked := 0
	for _, e := range f.Entries {
		part := strings.Split(e.Name, ".")
		offset := map[string]int{"DDPM": 0, "DDIM": 0, "DDPMoffset1": 1}
		o, ok := offset[part[0]]
		if !ok {
			continue // other samplers' lists
		}
		n, _ := strconv.Atoi(part[2])
		got, err := diffusion.Timesteps(diffusion.Spacing(part[1]), n, f.Int("num_train_timesteps"), o)
		want := f.Float64s(e.Name)
		if want[0] > 999 {
			if err == nil {
				t.Errorf("%s: timestep %v is outside the table and must be refused", e.Name, want[0])
			}
			continue
		}
		same := err == nil && slices.EqualFunc(got, want, func(a int, b float64) bool { return float64(a) == b })
		if !same {
			t.Errorf("%s: %v (%v), want %v", e.Name, got, err, want)
		}
		checked++
	}
	if checked < 50 {
		t.Errorf("only %d lists checked", checked)
	}
}

// network is the closed form that the chain references were made with.
func network(kind string, x, t float64) float64 {
	s := 1 - math.Exp(-t/200)
	switch kind {
	case "sample":
		return 1.3 * math.Tanh(x+0.3*math.Sin(0.01*t))
	case "v_prediction":
		return 0.5*math.Sin(2*x+0.01*t) - 0.6*s*x
	}
	return s*x + 0.5*math.Exp(-t/250)*math.Sin(2*x+0.01*t)
}

// settings reads a chain's scheduler configuration; unsupported names what is not sampled here.
func settings(t *testing.T, f *goldens.File) (c diffusion.Config, r diffusion.Request, unsupported string) {
	t.Helper()
	cfg := struct {
		Schedule     string   `json:"beta_schedule"`
		Start        float64  `json:"beta_start"`
		End          float64  `json:"beta_end"`
		T            int      `json:"num_train_timesteps"`
		Spacing      string   `json:"timestep_spacing"`
		Prediction   string   `json:"prediction_type"`
		Variance     string   `json:"variance_type"`
		Clip         *bool    `json:"clip_sample"`
		Range        *float64 `json:"clip_sample_range"`
		Offset       int      `json:"steps_offset"`
		ToOne        *bool    `json:"set_alpha_to_one"`
		ZeroSNR      bool     `json:"rescale_betas_zero_snr"`
		Thresholding bool     `json:"thresholding"`
	}{Spacing: "leading", Prediction: "epsilon", Variance: "fixed_small"}
	step := struct {
		Eta     float64 `json:"eta"`
		Clipped bool    `json:"use_clipped_model_output"`
	}{}
	for text, into := range map[string]any{"config": &cfg, "step_kwargs": &step} {
		if err := json.Unmarshal([]byte(f.Text(text)), into); err != nil {
			t.Fatal(err)
		}
	}
	c = diffusion.Config{TrainTimesteps: cfg.T, BetaSchedule: diffusion.BetaSchedule(cfg.Schedule), BetaStart: cfg.Start, BetaEnd: cfg.End,
		ZeroSNR: cfg.ZeroSNR, Prediction: diffusion.Prediction(cfg.Prediction), Variance: diffusion.Variance(cfg.Variance), Clip: 1,
		Spacing: diffusion.Spacing(cfg.Spacing), StepsOffset: cfg.Offset, FinalAlphaBar0: cfg.ToOne != nil && !*cfg.ToOne}
	if cfg.Range != nil {
		c.Clip = *cfg.Range
	}
	if cfg.Clip != nil && !*cfg.Clip {
		c.Clip = 0
	}
	if cfg.Thresholding {
		c.Threshold = 0.995
	}
	r = diffusion.Request{Sampler: diffusion.SamplerDDPM, Steps: f.Int("num_inference_steps"), Eta: step.Eta}
	if f.Text("scheduler") == "DDIMScheduler" {
		r.Sampler = diffusion.SamplerDDIM
	}
	switch {
	case cfg.Thresholding:
		unsupported = "thresholding"
	case strings.HasPrefix(cfg.Variance, "learned"):
		unsupported = "variance"
	case step.Clipped:
		unsupported = "-" // an argument of the library's step that nothing here offers
	}
	return c, r, unsupported
}

func TestChains(t *testing.T) {
	checked := 0
	for _, name := range goldens.Names(t, "chains") {
		f := goldens.Open(t, "chains", name+".safetensors")
		s := f.Metadata["scheduler"]
		if f.Metadata["network"] == "" || s != "DDPMScheduler" && s != "DDIMScheduler" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			f := goldens.Open(t, "chains", name+".safetensors")
			c, r, unsupported := settings(t, f)
			moves, err := c.Moves(r)
			if unsupported != "" {
				if unsupported != "-" && err == nil {
					t.Error("must be refused: " + unsupported)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			chain(t, f, c, moves)
		})
		checked++
	}
	if checked < 40 {
		t.Errorf("only %d chains checked", checked)
	}
}

// chain runs the moves in float64 and compares the states that the reference kept: 1e-6 of the largest value.
func chain(t *testing.T, f *goldens.File, c diffusion.Config, moves []diffusion.Move) {
	x := f.Float64s("x_start")
	z := make([]float64, len(moves)*len(x)) // a deterministic chain's file has no noise
	if f.Has("z") {
		z = f.Float64s("z")
	}
	x0 := make([]float64, len(x))
	kept := f.Float64s("step")
	xs, x0s := f.Float64s("x"), f.Float64s("x0")
	tol := goldens.Tolerance{Abs: 1e-6 * max(1, f.Float("max_abs_x"))}
	row := 0
	for k, m := range moves {
		for i := range x {
			out := network(f.Text("network"), x[i], float64(m.T))
			x0[i] = m.Step.X0.X*x[i] + m.Step.X0.Out*out
			if c.Clip > 0 {
				x0[i] = min(max(x0[i], -c.Clip), c.Clip)
			}
			x[i] = m.Step.OfX0*x0[i] + m.Step.OfX*x[i] + m.Step.OfOut*out + m.Step.Noise*z[k*len(x)+i]
		}
		if row == len(kept) || int(kept[row]) != k {
			continue
		}
		want := xs[row*len(x):][:len(x)]
		if k == len(moves)-1 && f.Has("x_final_without_noise") {
			want = f.Float64s("x_final_without_noise")
		}
		if _, err := goldens.Compare(x, want, tol); err != nil {
			t.Fatalf("x after step %d: %v", k, err)
		}
		if _, err := goldens.Compare(x0, x0s[row*len(x):][:len(x)], tol); err != nil {
			t.Fatalf("x0 after step %d: %v", k, err)
		}
		row++
	}
	if row != len(kept) {
		t.Errorf("%d of %d states checked", row, len(kept))
	}
}
