package checkpoint

import (
	"errors"
	"slices"
	"strconv"

	"unnoise/wasm/diffusion"
)

// openAIFlags are the hyper-parameters that the tensors do not tell.
type openAIFlags struct {
	numHeads, headChannels, headsUp int
	newOrder                        bool
}

// heads of attention over c channels; up on the way up. Where the width of a head is given, it counts.
func (f *openAIFlags) heads(c int, up bool) int {
	switch {
	case f.headChannels > 0:
		if c%f.headChannels != 0 {
			return 0 // Check reports it
		}
		return c / f.headChannels
	case up && f.headsUp > 0:
		return f.headsUp
	}
	return f.numHeads
}

// readFlags asks for what the tensors do not tell, compares the rest with them, and reads the process.
func (b *openAIBuilder) readFlags(s *Settings) error {
	b.flags = openAIFlags{s.int(0, "num_heads"), s.int(-1, "num_head_channels"), s.int(-1, "num_heads_upsample"), s.bool(false, "use_new_attention_order")}
	if err := b.c.ask(b.missing(s), presetText(layoutOpenAI)); err != nil {
		return err
	}
	b.net.Height = s.int(0, "image_size")
	b.net.Width = b.net.Height
	b.compare(s)
	b.compareLevels(s)
	if err := b.process(s); err != nil {
		return err
	}
	for _, training := range []string{"dropout", "use_fp16", "use_checkpoint", "use_kl", "rescale_learned_sigmas", "timestep_respacing", "num_classes"} {
		s.has(training)
	}
	s.unused(b.c)
	return s.err
}

// missing lists what must be given.
func (b *openAIBuilder) missing(s *Settings) []string {
	var list []string
	need := func(there bool, name string) {
		if !there {
			list = append(list, name)
		}
	}
	need(s.has("image_size"), "image_size")
	heads := s.has("num_heads") || s.int(-1, "num_head_channels") > 0
	need(heads, "num_heads or num_head_channels")
	if one := heads && b.flags.headChannels <= 0 && b.flags.numHeads == 1 && b.flags.headsUp <= 1; !one {
		need(s.has("use_new_attention_order"), "use_new_attention_order (false for improved-diffusion)")
	}
	need(s.has("noise_schedule"), "noise_schedule")
	need(s.has("diffusion_steps"), "diffusion_steps")
	if s.int(1000, "diffusion_steps") != 1000 {
		need(s.has("rescale_timesteps"), "rescale_timesteps")
	}
	return list
}

// compare holds flags that the tensors tell as well to what they tell.
func (b *openAIBuilder) compare(s *Settings) {
	n, c := b.net, b.c
	updown := c.has(block("output_blocks", b.blocks, 1)+".in_layers.0.weight") || c.has(block("output_blocks", b.blocks, 2)+".in_layers.0.weight")
	for _, f := range []struct {
		key   string
		found int
	}{{"num_channels", n.Time.Dim}, {"num_res_blocks", b.blocks}, {"in_channels", n.InChannels}} {
		c.agree(s, f.key, s.int(f.found, f.key), f.found)
	}
	for _, f := range []struct {
		key   string
		found bool
	}{{"learn_sigma", n.OutChannels == 2*n.InChannels}, {"class_cond", n.Classes > 0}, {"use_scale_shift_norm", b.film}, {"resblock_updown", updown}} {
		if b.levels == 1 && f.key == "resblock_updown" {
			s.has(f.key)
			continue
		}
		c.agree(s, f.key, s.bool(f.found, f.key), f.found)
	}
	if n.Classes > 0 {
		c.agree(s, "num_classes", s.int(n.Classes, "num_classes"), n.Classes)
	}
}

// compareLevels does so for the two lists of levels.
func (b *openAIBuilder) compareLevels(s *Settings) {
	var mult []float64
	var attends []int // factors of reduction, as the programs keep them
	for i := range b.levels {
		at := 1 + i*(b.blocks+1)
		mult = append(mult, float64(b.out(block("input_blocks", at, 0)))/float64(b.net.Time.Dim))
		if b.c.has(block("input_blocks", at, 1) + ".qkv.weight") {
			attends = append(attends, 1<<i)
		}
	}
	if claimed := s.floats("channel_mult"); claimed != nil && !slices.Equal(claimed, mult) {
		b.c.agree(s, "channel_mult", anys(claimed), anys(mult))
	}
	resolutions := s.floats("attention_resolutions")
	if resolutions == nil {
		return
	}
	var claimed []int
	for i := range b.levels {
		if slices.ContainsFunc(resolutions, func(r float64) bool { return r >= 1 && b.net.Height/int(r) == 1<<i }) {
			claimed = append(claimed, 1<<i)
		}
	}
	if !slices.Equal(claimed, attends) {
		var found []float64
		for _, f := range attends {
			found = append(found, float64(b.net.Height/f))
		}
		b.c.agree(s, "attention_resolutions", anys(resolutions), anys(found))
	}
}

// process reads the schedule: linear betas are scaled to the number of steps, and rescale_timesteps makes the network see
// t from 0 to 1000 whatever that number is.
func (b *openAIBuilder) process(s *Settings) error {
	steps := s.int(0, "diffusion_steps")
	if s.err != nil {
		return s.err
	}
	if steps < 1 {
		return errors.New(s.From + `: "diffusion_steps" is ` + strconv.Itoa(steps) + ", expected at least 1")
	}
	p := diffusion.Config{TrainTimesteps: steps, Prediction: "epsilon", Variance: "fixed_large", Spacing: "leading", Clip: 1}
	switch schedule := s.text("", "noise_schedule"); schedule {
	case "linear":
		p.BetaSchedule, p.BetaStart, p.BetaEnd = "linear", 0.1/float64(steps), 20/float64(steps)
	case "cosine":
		p.BetaSchedule, p.BetaStart, p.BetaEnd = "squaredcos_cap_v2", 1e-4, 0.02
	default:
		return errors.New(s.From + `: "noise_schedule" is ` + strconv.Quote(schedule) + ", expected linear or cosine")
	}
	if s.bool(false, "predict_xstart") {
		p.Prediction = "sample"
	}
	switch learned := b.net.OutChannels == 2*b.net.InChannels; {
	case learned:
		p.Variance = "learned_range"
	case s.bool(false, "sigma_small"):
		p.Variance = "fixed_small"
	}
	b.took(s)
	if s.bool(false, "rescale_timesteps") && steps != 1000 {
		b.net.Time.Scale = 1000 / float64(steps)
	}
	b.c.Process = p
	if _, err := p.Schedule(); err != nil {
		return errors.New(s.From + ": " + err.Error())
	}
	return nil
}

// took notes the programs' defaults that were taken for absent flags.
func (b *openAIBuilder) took(s *Settings) {
	if !s.has("predict_xstart") {
		b.c.Notes = append(b.c.Notes, s.From+": no predict_xstart, took the program's default: the network predicts the noise")
	}
	if !s.has("sigma_small") && b.c.Process.Variance == "" && b.net.OutChannels == b.net.InChannels {
		b.c.Notes = append(b.c.Notes, s.From+": no sigma_small, took the program's default: variance fixed_large")
	}
}
