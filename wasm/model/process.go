package model

import (
	"unnoise/wasm/diffusion"
	"unnoise/weights/jsontree"
)

// processObject writes the process with the diffusers library's key names: FORMAT.md, "process".
func processObject(c *diffusion.Config) *jsontree.Object {
	o := jsontree.NewObject().Set("num_train_timesteps", c.TrainTimesteps).Set("beta_schedule", string(c.BetaSchedule)).
		Set("beta_start", c.BetaStart).Set("beta_end", c.BetaEnd)
	if len(c.TrainedBetas) > 0 {
		betas := make([]any, len(c.TrainedBetas))
		for i, b := range c.TrainedBetas {
			betas[i] = b
		}
		o.Set("trained_betas", betas)
	}
	return o.Set("rescale_betas_zero_snr", c.ZeroSNR).Set("prediction_type", string(c.Prediction)).Set("variance_type", string(c.Variance)).
		Set("clip", c.Clip).Set("timestep_spacing", string(c.Spacing)).Set("steps_offset", c.StepsOffset).
		Set("set_alpha_to_one", !c.FinalAlphaBar0).Set("threshold_ratio", c.Threshold).Set("threshold_max", c.ThresholdMax)
}

func processFrom(f *jsontree.Fields) (diffusion.Config, error) {
	c := diffusion.Config{TrainTimesteps: f.Int("num_train_timesteps", 0), BetaSchedule: diffusion.BetaSchedule(f.String("beta_schedule", "")),
		BetaStart: f.Float("beta_start", 0), BetaEnd: f.Float("beta_end", 0), TrainedBetas: f.Floats("trained_betas"),
		ZeroSNR: f.Bool("rescale_betas_zero_snr", false), Prediction: diffusion.Prediction(f.String("prediction_type", "")),
		Variance: diffusion.Variance(f.String("variance_type", "")), Clip: f.Float("clip", 0),
		Spacing: diffusion.Spacing(f.String("timestep_spacing", "")), StepsOffset: f.Int("steps_offset", 0),
		FinalAlphaBar0: !f.Bool("set_alpha_to_one", true), Threshold: f.Float("threshold_ratio", 0), ThresholdMax: f.Float("threshold_max", 0)}
	if err := f.Err(); err != nil {
		return c, err
	}
	if _, err := c.Schedule(); err != nil {
		return c, err
	}
	return c, unknown(f, keyProcess)
}
