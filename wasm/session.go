//go:build js && wasm

package main

import (
	"context"
	"errors"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/selftest"
	"unnoise/wasm/engine/webgpu"
	"unnoise/wasm/evalcase"
	"unnoise/wasm/model"
)

// session is an open model on an engine that has passed its tests.
type session struct {
	model    *model.Model
	asked    string // the engine asked for
	fast     bool   // float16 inputs were asked for, where the GPU has them
	tunings  *webgpu.Tunings
	denoiser *engine.Denoiser
	test     test
	dropped  []drop
	chains   map[*chain]bool
	lost     error // the loss that no engine has followed; nil: there is one
	losses   int   // devices lost since one has brought a chain further
	// open makes an engine by its name: newEngine, but for tests.
	open func(ctx context.Context, name string) (engine.Engine, error)
}

// test is what an engine was tried with: every operation, and the pack's probe through the whole network.
type test struct {
	operations []selftest.Result
	bound      float64 // of the probe
	probe      float64 // largest difference from the probe; -1 where it was not run
	skipped    bool    // the probe would have taken too long: the first step is looked at instead
}

// probeBudget is how many multiplications the probe may take at load, about a second's work: of one CPU thread, a
// software adapter and a GPU.
func probeBudget(i engine.Info) int64 {
	switch {
	case i.Engine == "cpu":
		return 1e10
	case i.Software:
		return 2e9
	}
	return 2e11
}

// drop is an engine that was not taken, and why.
type drop struct{ engine, reason string }

// openSession finds an engine for a pack, of which only the header must have arrived; precision is "exact" or, where the GPU can, "fast". "auto" goes down the ladder webgpu, cpu; a named engine works
// or is an error. tunings are those of an earlier visit, as text.
func openSession(ctx context.Context, pack *remote, asked, precision, tunings string) (*session, error) {
	if precision != "exact" && precision != "fast" {
		return nil, usage("unknown precision " + strconv.Quote(precision) + ", expected exact or fast")
	}
	m, err := model.Open(pack, pack.size, "pack")
	if err != nil {
		return nil, err
	}
	if !pack.checked() {
		if err := m.Verify(); err != nil {
			return nil, err
		}
	}
	s := &session{model: m, asked: asked, fast: precision == "fast", tunings: webgpu.ParseTunings(version, tunings), chains: map[*chain]bool{}}
	s.open = s.newEngine
	return s, s.choose(ctx)
}

// choose takes the first engine of the ladder that passes.
func (s *session) choose(ctx context.Context) error {
	ladder, ok := map[string][]string{"auto": {"webgpu", "cpu"}, "webgpu": {"webgpu"}, "cpu": {"cpu"}}[s.asked]
	if !ok {
		return usage("unknown engine " + strconv.Quote(s.asked) + ", expected auto, webgpu or cpu")
	}
	var failed error
	for _, name := range ladder {
		if failed = s.tryPatiently(ctx, name); failed == nil {
			return nil
		}
		s.dropped = append(s.dropped, drop{name, failed.Error()})
	}
	return failed
}

var errSoftware = errors.New("the graphics adapter is a software one, slower than the CPU engine")

// try makes an engine, tests it and loads the network.
func (s *session) try(ctx context.Context, name string) error {
	e, err := s.open(ctx, name)
	if err != nil {
		return err
	}
	if err := s.prove(ctx, e); err != nil {
		e.Close()
		return err
	}
	return nil
}

// newEngine opens an engine of the program's own.
func (s *session) newEngine(ctx context.Context, name string) (engine.Engine, error) {
	if name == "cpu" {
		return cpu.New(cpu.Options{Threads: 1}), nil
	}
	e, err := webgpu.New(ctx, webgpu.Options{Fast: s.fast, Tunings: s.tunings})
	if err != nil {
		return nil, named("EngineError", err)
	}
	if e.Info().Software && s.asked == "auto" {
		e.Close()
		return nil, errSoftware
	}
	return e, nil
}

// prove runs the self-test and the probe; the network stays loaded.
func (s *session) prove(ctx context.Context, e engine.Engine) error {
	t := test{probe: -1, bound: e.Info().Bound(model.ProbeBound)}
	t.operations = selftest.SelfTest(ctx, e, cpu.New(cpu.Options{Threads: 1, Plain: true}))
	for _, r := range t.operations {
		if r.Err != nil {
			return &within{"self-test: " + r.Name, r.Err}
		}
		if !r.OK {
			return errors.New("self-test: " + r.Name + " is off by " + short(r.Error) + ", allowed " + short(r.Bound))
		}
	}
	d, err := engine.NewDenoiser(ctx, e, s.model.Net, s.model.Plan, s.model)
	if err != nil {
		return err
	}
	t.skipped = len(s.model.Probe) == 0 || s.model.Plan.MACs()*int64(len(s.model.Probe[0].T)) > probeBudget(e.Info())
	if !t.skipped {
		if t.probe, err = s.probe(ctx, d, s.model.Probe[0]); err != nil {
			d.Release()
			return err
		}
	}
	s.denoiser, s.test = d, t
	return nil
}

// difference runs one case of the pack's probe and gives the largest difference.
func (s *session) difference(ctx context.Context, d *engine.Denoiser, c model.ProbeCase) (float64, error) {
	x, want, err := s.model.ProbeValues(c)
	if err != nil {
		return 0, err
	}
	got, err := evalcase.Denoise(ctx, d, x, c.T, c.Labels)
	if err != nil {
		return 0, err
	}
	return model.Worst(got, want), nil
}

// probe is difference that must be small.
func (s *session) probe(ctx context.Context, d *engine.Denoiser, c model.ProbeCase) (float64, error) {
	worst, err := s.difference(ctx, d, c)
	if err != nil {
		return 0, err
	}
	allowed := d.Engine.Info().Bound(model.ProbeBound)
	if !(worst <= allowed) {
		return worst, errors.New("probe: the network's output is off by " + short(worst) + ", allowed " + short(allowed))
	}
	return worst, nil
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', 2, 64) }

func (s *session) release() {
	s.denoiser.Release()
	s.denoiser.Engine.Close()
}

// describe is what the page is told of the session.
func (s *session) describe(id int) map[string]any {
	m := s.model
	about := map[string]any{}
	for _, k := range m.Provenance.Keys {
		about[k] = m.Provenance.Get(k)
	}
	return object("session", id,
		"model", object("name", m.Provenance.Get("name"), "hash", m.ID(), "width", m.Net.Width, "height", m.Net.Height, "channels", m.Net.InChannels,
			"parameters", m.Parameters(), "macs", m.Plan.MACs(), "classes", m.Net.Classes, "nullLabel", m.Net.NullLabel, "trainTimesteps", m.Process.TrainTimesteps,
			"variance", string(m.Process.Variance), "samplers", s.samplers(), "provenance", about),
		"engine", engineObject(s.denoiser.Engine.Info()),
		"selfTest", s.test.describe(),
		"dropped", s.droppedList())
}

// samplers are those that the model can be drawn with.
func (s *session) samplers() []any {
	var list []any
	for _, name := range diffusion.Samplers {
		if _, err := s.model.Process.Plan(diffusion.Request{Sampler: name}); err == nil {
			list = append(list, string(name))
		}
	}
	return list
}

func engineObject(i engine.Info) map[string]any {
	return object("engine", i.Engine, "adapter", i.Adapter, "precision", i.Precision, "software", i.Software)
}

func (s *session) droppedList() []any {
	list := []any{}
	for _, d := range s.dropped {
		list = append(list, object("engine", d.engine, "reason", d.reason))
	}
	return list
}
