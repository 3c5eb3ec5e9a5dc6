package sampler_test

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/goldens"
	"unnoise/wasm/model"
	"unnoise/wasm/sampler"
	"unnoise/weights"
)

// loaded is a small trained network on the CPU engine, with the process it was trained for.
type loaded struct {
	t       *testing.T
	d       *engine.Denoiser
	process diffusion.Config
}

// packs are the converted networks, by name: converting takes longer than most tests.
var packs = map[string]*model.Model{}

func load(t *testing.T, name string) *loaded {
	t.Helper()
	m := packs[name]
	if m == nil {
		m = enginetest.Pack(t, filepath.Join(goldens.Dir(t), "unet", name), weights.F16)
		packs[name] = m
	}
	return &loaded{t, enginetest.Denoiser(t, cpu.New(cpu.Options{Threads: 1}), m), m.Process}
}

// chain starts a chain that is released when the test ends.
func (l *loaded) chain(cfg sampler.Config) *sampler.Chain {
	l.t.Helper()
	c, err := sampler.New(l.d, &l.process, cfg)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(c.Release)
	return c
}

// step does n steps, or all that are left for -1.
func (l *loaded) step(c *sampler.Chain, n int) {
	l.t.Helper()
	for ; n != 0 && !c.Done(); n-- {
		if err := c.Step(l.t.Context()); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *loaded) read(x engine.Tensor) []float32 {
	l.t.Helper()
	v := make([]float32, x.Shape().Len())
	if err := x.Read(l.t.Context(), v); err != nil {
		l.t.Fatal(err)
	}
	return v
}

// picture runs a chain to its end.
func (l *loaded) picture(cfg sampler.Config) []float32 {
	l.t.Helper()
	c := l.chain(cfg)
	l.step(c, -1)
	return l.read(c.X())
}

// requests are the forms of chain: with noise in every step, with some, with none.
var requests = map[string]diffusion.Request{
	"ddpm":         {Sampler: diffusion.DDPM, Steps: 12},
	"ddim, eta 1":  {Sampler: diffusion.DDIM, Steps: 12, Eta: 1},
	"ddim, eta .3": {Sampler: diffusion.DDIM, Steps: 12, Eta: 0.3},
	"ddim":         {Sampler: diffusion.DDIM, Steps: 12},
	"dpmpp":        {Sampler: diffusion.DPMpp, Steps: 12, Solver: diffusion.Solver{Order: 3}},
	"dpmpp-sde":    {Sampler: diffusion.DPMppSDE, Steps: 12, Solver: diffusion.Solver{Karras: true}},
	"unipc":        {Sampler: diffusion.UniPC, Steps: 12, Solver: diffusion.Solver{Order: 3}},
	"ancestral":    {Sampler: diffusion.EulerAncestral, Steps: 12},
	"heun":         {Sampler: diffusion.Heun, Steps: 6},
	"pndm":         {Sampler: diffusion.PNDM, Steps: 6},
	"plms":         {Sampler: diffusion.PLMS, Steps: 11},
}

func each(t *testing.T, test func(l *loaded, r diffusion.Request)) {
	for name, r := range requests {
		t.Run(name, func(t *testing.T) { test(load(t, "chain-tutorial"), r) })
	}
}

// Sample i of a batch equals sample i alone, bit for bit, so that work can be split over workers by index.
func TestSampleOfBatchEqualsSampleAlone(t *testing.T) {
	each(t, func(l *loaded, r diffusion.Request) {
		const count = 3
		batch := l.picture(sampler.Config{Request: r, Seed: 7, Count: count})
		size := len(batch) / count
		for i := range count {
			alone := l.picture(sampler.Config{Request: r, Seed: 7, Count: 1, First: i})
			if !slices.Equal(alone, batch[i*size:][:size]) {
				l.t.Errorf("sample %d alone differs from that of a batch", i)
			}
		}
		if slices.Equal(batch[:size], batch[size:2*size]) {
			l.t.Error("two samples of a batch are one picture")
		}
	})
}

// One seed is one picture; the whole 64 bits of it count.
func TestSeeds(t *testing.T) {
	each(t, func(l *loaded, r diffusion.Request) {
		seen := [][]float32{}
		for _, seed := range []uint64{0, 1, 1 << 32, 1<<63 + 1} {
			got := l.picture(sampler.Config{Request: r, Seed: seed, Count: 1})
			if again := l.picture(sampler.Config{Request: r, Seed: seed, Count: 1}); !slices.Equal(got, again) {
				l.t.Errorf("seed %d gives two pictures", seed)
			}
			for _, other := range seen {
				if slices.Equal(got, other) {
					l.t.Errorf("seed %d gives the picture of another", seed)
				}
			}
			seen = append(seen, got)
		}
	})
}

// A fork with the same seed goes on as its original does; with another it differs, unless no noise is left to differ in.
func TestFork(t *testing.T) {
	each(t, func(l *loaded, r diffusion.Request) {
		c := l.chain(sampler.Config{Request: r, Seed: 7, Count: 2})
		l.step(c, 5)
		same, other := l.fork(c, 7), l.fork(c, 8)
		if !slices.Equal(l.read(c.X()), l.read(other.X())) || !slices.Equal(l.read(c.X0()), l.read(other.X0())) || other.Index() != 5 {
			l.t.Error("a fresh fork does not stand where its original does")
		}
		l.step(other, -1) // first, so that a state shared with the original would show
		l.step(c, -1)
		l.step(same, -1)
		if !slices.Equal(l.read(c.X()), l.read(same.X())) {
			l.t.Error("a fork with the same seed went another way")
		}
		noisy := slices.Contains([]diffusion.Sampler{diffusion.DDPM, diffusion.DPMppSDE, diffusion.EulerAncestral}, r.Sampler) || r.Eta > 0
		if slices.Equal(l.read(c.X()), l.read(other.X())) == noisy {
			l.t.Errorf("a fork with another seed: equal pictures %v, want %v", !noisy, !noisy)
		}
	})
}

func (l *loaded) fork(c *sampler.Chain, seed uint64) *sampler.Chain {
	l.t.Helper()
	f, err := c.Fork(seed)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(f.Release)
	return f
}

// A chain resumed from its state ends in the same bits, wherever it was cut.
func TestResume(t *testing.T) {
	each(t, func(l *loaded, r diffusion.Request) {
		cfg := sampler.Config{Request: r, Seed: 7, Count: 2, First: 3}
		want := l.picture(cfg)
		for _, at := range []int{0, 1, 6, 9, 11} {
			c := l.chain(cfg)
			l.step(c, at)
			s, err := c.State(l.t.Context())
			if err != nil {
				l.t.Fatal(err)
			}
			l.step(c, -1) // the state is a copy: going on must not change it
			again, err := sampler.Resume(l.d, &l.process, s)
			if err != nil {
				l.t.Fatal(err)
			}
			l.t.Cleanup(again.Release)
			if again.Index() != at || !slices.Equal(l.read(again.X0()), s.X0) {
				l.t.Errorf("resumed at step %d of %d", again.Index(), at)
			}
			l.step(again, -1)
			if !slices.Equal(l.read(again.X()), want) {
				l.t.Errorf("cut at step %d: another picture", at)
			}
		}
	})
}

func TestResumeRefuses(t *testing.T) {
	l := load(t, "chain-tutorial")
	c := l.chain(sampler.Config{Request: requests["ddpm"], Count: 1})
	for what, spoil := range map[string]func(s *sampler.State){
		"index below": func(s *sampler.State) { s.Index = -1 },
		"index above": func(s *sampler.State) { s.Index = 13 },
		"history":     func(s *sampler.State) { s.Histories = [][]float32{s.X} },
		"short x":     func(s *sampler.State) { s.X = s.X[1:] },
		"no x0":       func(s *sampler.State) { s.X0 = nil },
		"count":       func(s *sampler.State) { s.Config.Count = 2 },
		"steps":       func(s *sampler.State) { s.Config.Steps = 2000 },
	} {
		s, err := c.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		spoil(s)
		if _, err := sampler.Resume(l.d, &l.process, s); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// Where a chain stands, from its start to its end and past it.
func TestSteps(t *testing.T) {
	l := load(t, "chain-tutorial")
	c := l.chain(sampler.Config{Request: diffusion.Request{Sampler: diffusion.DDPM, Steps: 4}, Count: 1})
	var ts []int
	for k := 0; !c.Done(); k++ {
		if c.Index() != k || c.Steps() != 4 {
			t.Errorf("step %d of %d, want %d of 4", c.Index(), c.Steps(), k)
		}
		ts = append(ts, c.Timestep())
		l.step(c, 1)
	}
	if !slices.Equal(ts, []int{750, 500, 250, 0}) || c.Timestep() != -1 {
		t.Errorf("timesteps %v, then %d", ts, c.Timestep())
	}
	last := l.read(c.X())
	if err := c.Step(t.Context()); err == nil || !strings.Contains(err.Error(), "finished") {
		t.Errorf("a step past the end: %v", err)
	}
	if !slices.Equal(last, l.read(c.X())) {
		t.Error("the failed step changed the picture")
	}
}

func TestNewRefuses(t *testing.T) {
	plain, classes, sigma := load(t, "chain-tutorial"), load(t, "classes"), load(t, "learned-sigma")
	ddpm := requests["ddpm"]
	for what, c := range map[string]struct {
		l    *loaded
		cfg  sampler.Config
		says string
	}{
		"no samples":               {plain, sampler.Config{Request: ddpm}, "count"},
		"negative count":           {plain, sampler.Config{Request: ddpm, Count: -1}, "-1"},
		"too many":                 {plain, sampler.Config{Request: ddpm, Count: 1 << 30}, "4096"},
		"negative first":           {plain, sampler.Config{Request: ddpm, Count: 1, First: -1}, "first"},
		"no sampler":               {plain, sampler.Config{Count: 1}, "sampler"},
		"unknown sampler":          {plain, sampler.Config{Count: 1, Request: diffusion.Request{Sampler: "leapfrog", Steps: 3}}, "leapfrog"},
		"too many steps":           {plain, sampler.Config{Count: 1, Request: diffusion.Request{Sampler: "ddpm", Steps: 1001}}, "1001"},
		"negative steps":           {plain, sampler.Config{Count: 1, Request: diffusion.Request{Sampler: "ddim", Steps: -1}}, "-1"},
		"eta":                      {plain, sampler.Config{Count: 1, Request: diffusion.Request{Sampler: "ddim", Steps: 3, Eta: 1.5}}, "eta"},
		"eta no number":            {plain, sampler.Config{Count: 1, Request: diffusion.Request{Sampler: "ddim", Steps: 3, Eta: math.NaN()}}, "NaN"},
		"variance":                 {plain, sampler.Config{Count: 1, Request: diffusion.Request{Sampler: "ddpm", Steps: 3, Variance: "learned"}}, "does not predict its variance"},
		"labels unwanted":          {plain, sampler.Config{Request: ddpm, Count: 1, Labels: []int{0}}, "classes"},
		"no labels":                {classes, sampler.Config{Request: ddpm, Count: 1}, "label"},
		"too few labels":           {classes, sampler.Config{Request: ddpm, Count: 2, Labels: []int{0}}, "labels"},
		"label too large":          {classes, sampler.Config{Request: ddpm, Count: 1, Labels: []int{10}}, "10"},
		"negative label":           {classes, sampler.Config{Request: ddpm, Count: 1, Labels: []int{-1}}, "-1"},
		"guidance without classes": {plain, sampler.Config{Request: ddpm, Count: 1, Guidance: 2}, "classes"},
		"guidance without null":    {classes, sampler.Config{Request: ddpm, Count: 1, Labels: []int{1}, Guidance: 2}, "none of them"},
		"guidance no number":       {sigma, sampler.Config{Request: ddpm, Count: 1, Guidance: math.NaN()}, "guidance"},
		"depth without state":      {plain, sampler.Config{Request: diffusion.Request{Sampler: "ddpm", Depth: 500}, Count: 1}, "begin"},
		"short state":              {plain, sampler.Config{Request: ddpm, Count: 1, Begin: make([]float32, 3)}, "3 values"},
		"mask":                     {plain, sampler.Config{Request: ddpm, Count: 1, Paint: &sampler.Paint{Mask: make([]float32, 3)}}, "mask"},
	} {
		chain, err := sampler.New(c.l.d, &c.l.process, c.cfg)
		if err == nil { // labels are the network's business: the first step tells
			err = chain.Step(t.Context())
			chain.Release()
		}
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one that says %q", what, err, c.says)
		}
	}
}

// Labels reach the network: another label, another picture, each sample by its own.
func TestLabels(t *testing.T) {
	l := load(t, "classes")
	cfg := sampler.Config{Request: diffusion.Request{Sampler: diffusion.DDIM, Steps: 3}, Seed: 1, Count: 2, Labels: []int{4, 9}}
	both := l.picture(cfg)
	size := len(both) / 2
	cfg.Count, cfg.Labels = 1, []int{4}
	if !slices.Equal(l.picture(cfg), both[:size]) {
		t.Error("the first sample does not have its label")
	}
	cfg.First, cfg.Labels = 1, []int{9}
	if !slices.Equal(l.picture(cfg), both[size:]) {
		t.Error("the second sample does not have its label")
	}
	cfg.Labels = []int{4}
	if slices.Equal(l.picture(cfg), both[size:]) {
		t.Error("the label makes no difference")
	}
}
