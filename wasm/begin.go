//go:build js && wasm

package main

import (
	"errors"
	"strconv"
	"syscall/js"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/sampler"
)

// config reads the options of a chain: see core.chain.
func (s *session) config(a args) (cfg sampler.Config, err error) {
	o := func(key string) value { return a.option(1, key) }
	seed, err := o("seed").seed()
	if err != nil {
		return cfg, err
	}
	cfg = sampler.Config{Seed: seed, Count: o("count").int(1), First: o("first").int(0), Labels: o("labels").ints(), Guidance: o("guidance").float(1), Request: diffusion.Request{
		Sampler: diffusion.Sampler(o("sampler").string("ddim")), Steps: o("steps").int(0), Eta: o("eta").float(0),
		Variance: diffusion.Variance(o("variance").string("")), Spacing: diffusion.Spacing(o("spacing").string("")),
		Solver: diffusion.Solver{Order: o("order").int(0), Type: o("solver").string(""), Karras: o("karras").bool(false)},
	}}
	if cfg.Count < 1 || cfg.Count > sampler.MaxCount {
		return cfg, usage("count must be from 1 to " + strconv.Itoa(sampler.MaxCount) + ", found " + strconv.Itoa(cfg.Count))
	}
	switch {
	case o("between").Type() == js.TypeObject:
		err = s.between(&cfg, args{o("between").Value})
	case o("picture").Type() == js.TypeObject && o("mask").Type() == js.TypeObject:
		err = s.keep(&cfg, a)
	case o("picture").Type() == js.TypeObject:
		err = s.edit(&cfg, a)
	}
	return cfg, asUsage(err)
}

// asUsage names errors that have no name yet: what was asked for cannot be had.
func asUsage(err error) error {
	if _, ok := errors.AsType[*namedError](err); err == nil || ok {
		return err
	}
	return named("UsageError", err)
}

// keep reads a picture of which the part is kept where the mask, a byte a pixel, is 0.
func (s *session) keep(cfg *sampler.Config, a args) error {
	x0, err := s.picture(a.option(1, "picture"))
	if err != nil {
		return err
	}
	cfg.Paint = &sampler.Paint{Picture: x0, Jump: a.option(1, "jump").int(0), Repeats: a.option(1, "repeats").int(0)}
	for _, v := range (args{a.option(1, "mask").Value}).bytes(0) {
		cfg.Paint.Mask = append(cfg.Paint.Mask, 1-float32(v)/255)
	}
	return nil
}

// edit reads a picture that the chain begins with, noised to a depth (Meng et al. 2022).
func (s *session) edit(cfg *sampler.Config, a args) error {
	x0, err := s.picture(a.option(1, "picture"))
	if err != nil {
		return err
	}
	plan, err := s.deep(cfg, a.option(1, "depth"))
	if err != nil {
		return err
	}
	var all []float32
	for range cfg.Count {
		all = append(all, x0...)
	}
	cfg.Begin = sampler.Forward(all, cfg.Count, plan.AlphaBar, cfg.Seed, cfg.Depth, cfg.First)
	return nil
}

// deep sets the depth, half of the training timesteps unless told, and lists the chain's moves from there.
func (s *session) deep(cfg *sampler.Config, depth value) (*diffusion.Plan, error) {
	cfg.Depth = depth.int(s.model.Process.TrainTimesteps / 2)
	if cfg.Depth < 1 {
		return nil, errors.New("depth must be from 1 to " + strconv.Itoa(s.model.Process.TrainTimesteps) + ", found " + strconv.Itoa(cfg.Depth))
	}
	return s.model.Process.Plan(cfg.Request)
}

// between reads {pictures: [a, b], depth, lambdas} or {seeds: [a, b], lambdas}: a picture for every lambda, all with one noise.
func (s *session) between(cfg *sampler.Config, a args) error {
	lambdas := a.option(0, "lambdas").floats()
	if len(lambdas) != cfg.Count {
		return errors.New(strconv.Itoa(len(lambdas)) + " lambdas for " + strconv.Itoa(cfg.Count) + " pictures: there is one picture for every lambda")
	}
	for _, lambda := range lambdas {
		if !(lambda >= 0 && lambda <= 1) {
			return errors.New("lambdas must be numbers from 0 to 1, found " + short(lambda))
		}
	}
	cfg.OneNoise = true
	if seeds := a.option(0, "seeds"); seeds.Type() == js.TypeObject {
		return s.betweenSeeds(cfg, seeds, lambdas)
	}
	pictures := a.option(0, "pictures")
	if pictures.Type() != js.TypeObject || pictures.Length() != 2 {
		return errors.New("interpolation needs pictures or seeds, two of them")
	}
	var ends [2][]float32
	for i := range ends {
		var err error
		if ends[i], err = s.picture(value{pictures.Index(i)}); err != nil {
			return err
		}
	}
	plan, err := s.deep(cfg, a.option(0, "depth"))
	if err != nil {
		return err
	}
	cfg.Begin = sampler.Between(ends[0], ends[1], lambdas, plan.AlphaBar, cfg.Seed, cfg.Depth)
	return nil
}

func (s *session) betweenSeeds(cfg *sampler.Config, list value, lambdas []float64) error {
	if list.Length() != 2 {
		return errors.New("interpolation needs two seeds, found " + strconv.Itoa(list.Length()))
	}
	var seeds [2]uint64
	for i := range seeds {
		var err error
		if seeds[i], err = (value{list.Index(i)}).seed(); err != nil {
			return err
		}
	}
	plan, err := s.model.Process.Plan(cfg.Request)
	if err != nil {
		return err
	}
	cfg.Begin = sampler.Arc(s.denoiser.InShape(1).Len(), seeds, lambdas, plan.Start)
	return nil
}

// picture reads {rgba, width, height} as values of a tensor, CHW.
func (s *session) picture(v value) ([]float32, error) {
	x, err := s.pixels(args{v.Value}, 0)
	if err != nil {
		return nil, err
	}
	return narrow(x), nil
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}
