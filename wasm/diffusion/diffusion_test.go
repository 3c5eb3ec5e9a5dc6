package diffusion_test

import (
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
