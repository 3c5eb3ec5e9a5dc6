// Package chains reads the reference chains of samplers: the closed form that stands for a network, and what a file asks for.
package chains

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/goldens"
)

// Closed is the closed form that the references were made with, elementwise: kind is a prediction type; variance is that of
// the second half of the channels.
func Closed(kind string, x, t float64) (out, variance float64) {
	s := 1 - math.Exp(-t/200)
	variance = math.Cos(0.5*x + 0.01*t)
	switch kind {
	case "sample":
		return 1.3 * math.Tanh(x+0.3*math.Sin(0.01*t)), variance
	case "v_prediction":
		return 0.5*math.Sin(2*x+0.01*t) - 0.6*s*x, variance
	}
	return s*x + 0.5*math.Exp(-t/250)*math.Sin(2*x+0.01*t), variance
}

// Names lists the chains whose network is the closed form.
func Names(t *testing.T) []string {
	var out []string
	for _, name := range goldens.Names(t, "chains") {
		if !strings.HasPrefix(name, "unet-") {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		t.Error("no chains")
	}
	return out
}

// Case is a reference chain with what it asks for.
type Case struct {
	*goldens.File
	Config  diffusion.Config
	Request diffusion.Request
	// InSigma says that the reference's state is x/alpha.
	InSigma bool
	// Compat says that the library's own last state is wanted, where that has noise by a fault.
	Compat bool
}

// schedulers are the library's classes by their names.
var schedulers = map[string]diffusion.Sampler{
	"DDPMScheduler": diffusion.DDPM, "DDIMScheduler": diffusion.DDIM, "DPMSolverMultistepScheduler": diffusion.DPMpp,
	"UniPCMultistepScheduler": diffusion.UniPC, "EulerDiscreteScheduler": diffusion.Euler,
	"EulerAncestralDiscreteScheduler": diffusion.EulerAncestral, "HeunDiscreteScheduler": diffusion.Heun, "PNDMScheduler": diffusion.PNDM,
}

// settings is a scheduler's configuration file with the keys in use here.
type settings struct {
	Schedule     string    `json:"beta_schedule"`
	Start        float64   `json:"beta_start"`
	End          float64   `json:"beta_end"`
	Betas        []float64 `json:"trained_betas"`
	T            int       `json:"num_train_timesteps"`
	Spacing      string    `json:"timestep_spacing"`
	Prediction   string    `json:"prediction_type"`
	Variance     string    `json:"variance_type"`
	Clip         *bool     `json:"clip_sample"`
	Range        float64   `json:"clip_sample_range"`
	Offset       int       `json:"steps_offset"`
	ToOne        *bool     `json:"set_alpha_to_one"`
	ZeroSNR      bool      `json:"rescale_betas_zero_snr"`
	Thresholding bool      `json:"thresholding"`
	Ratio        float64   `json:"dynamic_thresholding_ratio"`
	Top          float64   `json:"sample_max_value"`
	Order        int       `json:"solver_order"`
	Type         string    `json:"solver_type"`
	Karras       bool      `json:"use_karras_sigmas"`
	Final        string    `json:"final_sigmas_type"`
	EulerFinal   bool      `json:"euler_at_final"`
	LowerFinal   *bool     `json:"lower_order_final"`
	LambdaMin    float64   `json:"lambda_min_clipped"`
	Algorithm    string    `json:"algorithm_type"`
	SkipPRK      bool      `json:"skip_prk_steps"`
}

// Open reads a chain. Absent keys take the defaults of the library's class.
func Open(t *testing.T, name string) *Case {
	t.Helper()
	c := &Case{File: goldens.Open(t, "chains", name+".safetensors")}
	sampler, ok := schedulers[c.Text("scheduler")]
	if !ok {
		t.Fatalf("%s: unknown scheduler %s", name, c.Text("scheduler"))
	}
	own := sampler == diffusion.DDPM || sampler == diffusion.DDIM || sampler == diffusion.PNDM
	cfg := settings{Spacing: "linspace", Prediction: "epsilon", Variance: "fixed_small", Range: 1, Ratio: 0.995, Top: 1, Schedule: "linear", Start: 1e-4, End: 0.02, T: 1000}
	if own {
		cfg.Spacing = "leading"
	}
	if sampler == diffusion.Heun {
		cfg.Start, cfg.End = 0.00085, 0.012
	}
	step := struct {
		Eta     float64 `json:"eta"`
		Clipped bool    `json:"use_clipped_model_output"`
	}{}
	for text, into := range map[string]any{"config": &cfg, "step_kwargs": &step} {
		if err := json.Unmarshal([]byte(c.Text(text)), into); err != nil {
			t.Fatal(err)
		}
	}
	switch {
	case sampler == diffusion.PNDM && cfg.SkipPRK:
		sampler = diffusion.PLMS
	case cfg.Algorithm == "sde-dpmsolver++":
		sampler = diffusion.DPMppSDE
	}
	c.InSigma = sampler == diffusion.Euler || sampler == diffusion.EulerAncestral || sampler == diffusion.Heun
	c.Config = cfg.config(sampler)
	c.Request = diffusion.Request{Sampler: sampler, Steps: c.Int("num_inference_steps"), Eta: step.Eta, FromClipped: step.Clipped, Spacing: diffusion.Spacing(cfg.Spacing),
		Solver: diffusion.Solver{Order: cfg.Order, Type: cfg.Type, Karras: cfg.Karras, SigmaMin: cfg.Final == "sigma_min", EulerFinal: cfg.EulerFinal,
			HighOrderFinal: cfg.LowerFinal != nil && !*cfg.LowerFinal, LambdaMin: cfg.LambdaMin}}
	return c
}

func (s *settings) config(sampler diffusion.Sampler) diffusion.Config {
	c := diffusion.Config{TrainTimesteps: s.T, BetaSchedule: diffusion.BetaSchedule(s.Schedule), BetaStart: s.Start, BetaEnd: s.End, TrainedBetas: s.Betas,
		ZeroSNR: s.ZeroSNR, Prediction: diffusion.Prediction(s.Prediction), Variance: diffusion.Variance(s.Variance), Clip: s.Range,
		Spacing: diffusion.Spacing(s.Spacing), StepsOffset: s.Offset}
	// The other classes clip nothing.
	if sampler != diffusion.DDPM && sampler != diffusion.DDIM || s.Clip != nil && !*s.Clip {
		c.Clip = 0
	}
	if s.Thresholding {
		c.Threshold, c.ThresholdMax = s.Ratio, s.Top
	}
	toOne := sampler != diffusion.PNDM && sampler != diffusion.PLMS
	if s.ToOne != nil {
		toOne = *s.ToOne
	}
	c.FinalAlphaBar0 = !toOne
	return c
}

// Start is the state that the chain begins with, x_T, in the process's own scale.
func (c *Case) Start() []float64 {
	x := c.Float64s("x_start")
	if c.InSigma {
		sigma := c.Float64s("sigmas")[0]
		for i := range x {
			x[i] /= math.Sqrt(1 + sigma*sigma)
		}
	}
	return x
}

// Scale turns a state after call k into the reference's.
func (c *Case) Scale(k int) float64 {
	if !c.InSigma {
		return 1
	}
	sigma := c.Float64s("sigmas")[k+1]
	return math.Sqrt(1 + sigma*sigma)
}

// State is the reference's state in row row of those kept, of n calls. The state after the last call is the one without
// noise where the library adds some, unless Compat is set.
func (c *Case) State(row, n int) []float64 {
	x := c.Float64s("x")
	size := len(c.Float64s("x_T"))
	if last := int(c.Float64s("step")[row]) == n-1; last && !c.Compat && c.Has("x_final_without_noise") {
		return c.Float64s("x_final_without_noise")
	}
	return x[row*size:][:size]
}
