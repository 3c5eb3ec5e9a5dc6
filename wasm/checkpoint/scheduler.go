package checkpoint

import (
	"io/fs"
	"path"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/weights/jsontree"
)

// readScheduler reads the scheduler's configuration beside the network; where there is none, Ho et al.'s process is taken, and said.
func (c *Checkpoint) readScheduler(fsys fs.FS, dir string) error {
	for _, name := range []string{"scheduler/scheduler_config.json", "scheduler_config.json", path.Join(dir, "scheduler_config.json"), "../scheduler/scheduler_config.json"} {
		if fs.ValidPath(name) && exists(fsys, name) {
			o, err := readObject(fsys, name)
			if err != nil {
				return err
			}
			return c.parseScheduler(o, name)
		}
	}
	c.Notes = append(c.Notes, "no scheduler_config.json: took 1000 timesteps, linear beta 1e-4 to 0.02, predicts epsilon, fixed_small, clipped")
	return c.parseScheduler(jsontree.NewObject(), "scheduler defaults")
}

// parseScheduler reads what diffusers' schedulers write; absent keys take DDPMScheduler's defaults.
func (c *Checkpoint) parseScheduler(o *jsontree.Object, name string) error {
	f := o.Fields(name)
	clips := map[string]bool{"DDPMScheduler": true, "DDIMScheduler": true}[f.String("_class_name", "DDPMScheduler")]
	p := diffusion.Config{
		TrainTimesteps: f.Int("num_train_timesteps", 1000),
		BetaSchedule:   diffusion.BetaSchedule(f.String("beta_schedule", "linear")),
		BetaStart:      f.Float("beta_start", 1e-4), BetaEnd: f.Float("beta_end", 0.02),
		TrainedBetas: f.Floats("trained_betas"), ZeroSNR: f.Bool("rescale_betas_zero_snr", false),
		Prediction: diffusion.Prediction(f.String("prediction_type", "epsilon")),
		Variance:   diffusion.Variance(f.String("variance_type", "fixed_small")),
		Spacing:    diffusion.Spacing(f.String("timestep_spacing", "leading")), StepsOffset: f.Int("steps_offset", 0),
		FinalAlphaBar0: !f.Bool("set_alpha_to_one", true),
	}
	if r := f.Float("clip_sample_range", 1); f.Bool("clip_sample", clips) {
		p.Clip = r
	}
	ratio, top := f.Float("dynamic_thresholding_ratio", 0.995), f.Float("sample_max_value", 1)
	if f.Bool("thresholding", false) {
		p.Threshold, p.ThresholdMax = ratio, top
	}
	for _, known := range []string{"_diffusers_version", "_class_name"} {
		f.Present(known)
	}
	for _, key := range f.Unused() {
		c.Notes = append(c.Notes, name+": key "+strconv.Quote(key)+" was passed over")
	}
	if err := f.Err(); err != nil {
		return err
	}
	c.Process = p
	_, err := p.Schedule()
	return err
}
