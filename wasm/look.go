//go:build js && wasm

package main

import (
	"context"
	"math"
	"strconv"
	"syscall/js"
	"unsafe"

	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/selftest"
	"unnoise/wasm/model"
	"unnoise/wasm/noise"
	"unnoise/wasm/sampler"
)

// schedule(session) gives beta_t and alphaBar_t for t from 0 to T-1.
func (c *core) schedule(_ context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	table, err := s.model.Process.Schedule()
	if err != nil {
		return nil, err
	}
	return object("betas", numbersToJS("Float64Array", table.Betas), "alphaBars", numbersToJS("Float64Array", table.AlphaBars)), nil
}

// numbersToJS copies numbers into a typed array of that name.
func numbersToJS[T float32 | float64](name string, list []T) js.Value {
	if len(list) == 0 {
		return js.Global().Get(name).New(0)
	}
	// WebAssembly is little-endian, and so are all machines that run it.
	b := unsafe.Slice((*byte)(unsafe.Pointer(&list[0])), len(list)*int(unsafe.Sizeof(list[0])))
	return js.Global().Get(name).New(bytesToJS(b).Get("buffer"))
}

// forward(session, {rgba, width, height}, {timesteps, seed}) samples q(x_t given x_0) at every timestep (equation 4) with the
// noise of the seed and of that timestep, as pixels.
func (c *core) forward(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	x0, err := s.picture(a.at(1))
	if err != nil {
		return nil, err
	}
	seed, err := a.option(2, "seed").seed()
	if err != nil {
		return nil, err
	}
	list := a.option(2, "timesteps").ints()
	if len(list) == 0 || len(list) > sampler.MaxCount {
		return nil, usage("timesteps must be a list of 1 to " + strconv.Itoa(sampler.MaxCount) + " numbers, found " + strconv.Itoa(len(list)))
	}
	var all []float32
	for _, t := range list {
		x, err := s.noised(x0, t, seed)
		if err != nil {
			return nil, err
		}
		all = append(all, x...)
	}
	rgba, err := outlasting(ctx, s, func() ([]byte, error) { return s.rgba(ctx, all) })
	if err != nil {
		return nil, err
	}
	return object("rgba", bytesToJS(rgba), "width", s.model.Net.Width, "height", s.model.Net.Height), nil
}

// noised is x_t of a picture x_0 (CHW); of the noise of the seed alone, where there is no picture.
func (s *session) noised(x0 []float32, t int, seed uint64) ([]float32, error) {
	table, err := s.model.Process.Schedule()
	if err != nil {
		return nil, err
	}
	if t < 0 || t >= table.T() {
		return nil, usage("a timestep must be a whole number from 0 to " + strconv.Itoa(table.T()-1) + ", found " + strconv.Itoa(t))
	}
	if x0 == nil {
		x := make([]float32, s.denoiser.InShape(1).Len())
		noise.Normals(x, seed, noise.Start, 0, 0)
		return x, nil
	}
	return sampler.Forward(x0, 1, table.AlphaBars[t], seed, t, 0), nil
}

// selfTest(session) tries the engine once more, however long the probe takes.
func (c *core) selfTest(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	t, err := outlasting(ctx, s, func() (test, error) {
		t := test{probe: -1, bound: s.denoiser.Engine.Info().Bound(model.ProbeBound), skipped: len(s.model.Probe) == 0}
		t.operations = selftest.SelfTest(ctx, s.denoiser.Engine, cpu.New(cpu.Options{Threads: 1, Plain: true}))
		for _, r := range t.operations {
			if r.Err != nil {
				return t, &within{"self-test: " + r.Name, r.Err}
			}
		}
		if err := ctx.Err(); err != nil || t.skipped {
			return t, err
		}
		var err error
		t.probe, err = s.difference(ctx, s.denoiser, s.model.Probe[0])
		return t, err
	})
	if err != nil {
		return nil, err
	}
	return t.describe(), nil
}

// describe is what the page is told of a test.
func (t *test) describe() map[string]any {
	operations := []any{}
	for _, r := range t.operations {
		operations = append(operations, object("name", r.Name, "error", r.Error, "bound", r.Bound, "ok", r.OK))
	}
	var probe any
	if t.probe >= 0 || math.IsNaN(t.probe) {
		probe = t.probe
	}
	return object("probeError", probe, "probeSkipped", t.skipped, "bound", t.bound, "operations", operations)
}

// layers(session) lists the operations of the network's plan with what each writes.
func (c *core) layers(_ context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for i := range s.model.Plan.Ops {
		op := &s.model.Plan.Ops[i]
		out := s.model.Plan.Tensors[op.Out]
		_, channels := s.model.Plan.Written(op)
		list = append(list, object("index", i, "name", op.Layer, "kernel", string(op.Kernel), "channels", channels, "width", out.W, "height", out.H,
			"macs", s.model.Plan.OpMACs(op)))
	}
	return list, nil
}

// activations(session, {picture, seed, timestep, layer, label}) gives what an operation of the plan writes for x_t.
func (c *core) activations(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	layer := a.option(1, "layer").int(-1)
	if layer < 0 || layer >= len(s.model.Plan.Ops) {
		return nil, usage("the layer must be the index of one of the " + strconv.Itoa(len(s.model.Plan.Ops)) + " that layers() lists, found " + strconv.Itoa(layer))
	}
	seed, err := a.option(1, "seed").seed()
	if err != nil {
		return nil, err
	}
	var x0 []float32
	if picture := a.option(1, "picture"); picture.Type() == js.TypeObject {
		if x0, err = s.picture(picture); err != nil {
			return nil, err
		}
	}
	t := a.option(1, "timestep").int(-1)
	x, err := s.noised(x0, t, seed)
	if err != nil {
		return nil, err
	}
	var labels []int
	if label := a.option(1, "label").int(-1); label >= 0 {
		labels = []int{label}
	}
	data, err := outlasting(ctx, s, func() ([]float32, error) { return s.denoiser.Activations(ctx, layer, x, float64(t), labels) })
	if err != nil {
		return nil, err
	}
	out := s.model.Plan.Tensors[s.model.Plan.Ops[layer].Out]
	return object("data", numbersToJS("Float32Array", data), "channels", len(data)/(out.W*out.H), "width", out.W, "height", out.H), nil
}
