//go:build js && wasm

package webgpu

import (
	"context"
	"errors"

	"unnoise/wasm/engine"
	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/unet"
)

// program is a loaded plan.
type program struct {
	e        *Engine
	plan     *unet.Plan
	stages   []stage
	matrices []matrix          // of each stage
	vectors  []int             // where each stage's vectors stand in the arena
	arena    *webgpu.Buffer    // scales, gains and biases of all stages
	weights  []webgpu.Resource // all that Load made

	room    int                              // samples the activations have room for
	slots   []*webgpu.Buffer                 // of the plan's slots
	outside map[unet.TensorID]*webgpu.Buffer // of the plan's inputs and outputs
	partial *webgpu.Buffer                   // raw sums of convolutions in slabs; nil for none
	sheets  [sheetCount]*webgpu.Texture      // of direct operations; nil for none
	records map[int]*record                  // by number of samples
	tried   map[int]bool                     // for how many samples tiles were looked for
	loaded  chan struct{}                    // closed when the weights are there, or will not come
}

var errReleased = errors.New("WebGPU: program was released")

// Load implements engine.Engine.
func (e *Engine) Load(ctx context.Context, plan *unet.Plan, src engine.Source) (engine.Program, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	p := &program{e: e, plan: plan, stages: stages(plan), records: map[int]*record{}, tried: map[int]bool{}, loaded: make(chan struct{})}
	l := newLoader(p, src)
	err := l.outline()
	if err == nil {
		err = checkSize("one sample's activations", p.largest())
	}
	if err == nil {
		err = p.fill(ctx, l)
	}
	if err != nil {
		p.Release()
		return nil, err
	}
	return p, nil
}

// fill compiles the pipelines, and looks for the quickest tiles, while the weights, which may still be arriving, go to the GPU.
func (p *program) fill(ctx context.Context, l *loader) error {
	e, specs, compiled := p.e, specsOf(p.lower(1).calls), make(chan error)
	go func() {
		err := e.shop.prepare(ctx, specs)
		if err == nil {
			err = p.tune(ctx, 1, p.untuned(1))
		}
		compiled <- err
	}()
	err := e.dev.Scope(ctx, func() error { return l.load(ctx) })
	close(p.loaded)
	if problem := <-compiled; err == nil {
		err = problem
	}
	return err
}

// largest is the number of elements of the plan's largest tensor, for one sample.
func (p *program) largest() int {
	n := 1
	for _, size := range p.plan.Slots {
		n = max(n, size)
	}
	for _, t := range p.plan.Tensors {
		n = max(n, t.Len())
	}
	return n
}

// most is the number of samples that fit the bindings and a dispatch's time, 0 where a single one does not fit the
// bindings (which Load refuses); larger batches run in parts.
func (p *program) most() int {
	var macs int64 = 1
	for i := range p.plan.Ops {
		macs = max(macs, p.plan.OpMACs(&p.plan.Ops[i]))
	}
	return min(p.e.limits.binding/4/p.largest(), int(max(p.e.limits.dispatch/macs, 1)), p.mostOnSheets())
}

// reserve makes the activations' buffers, for n samples at least.
func (p *program) reserve(n int, l *lowering) error {
	const usage = webgpu.Storage | webgpu.CopySrc | webgpu.CopyDst
	if n > p.room {
		p.drop()
		p.room, p.outside = n, map[unet.TensorID]*webgpu.Buffer{}
		for _, size := range p.plan.Slots {
			buf, err := p.e.dev.NewBuffer("activations", 4*n*size, usage)
			if err != nil {
				return err
			}
			p.slots = append(p.slots, buf)
		}
		for _, id := range append(p.plan.Inputs[:len(p.plan.Inputs):len(p.plan.Inputs)], p.plan.Outputs...) {
			if p.outside[id] != nil {
				continue
			}
			buf, err := p.e.dev.NewBuffer(p.plan.Tensors[id].Name, 4*n*p.plan.Tensors[id].Len(), usage)
			if err != nil {
				return err
			}
			p.outside[id] = buf
		}
	}
	if err := p.reservePartial(l.partial); err != nil {
		return err
	}
	return p.reserveSheets(l)
}

// reservePartial makes room for n raw sums. Records that use a smaller buffer are made anew.
func (p *program) reservePartial(n int) (err error) {
	if n == 0 || p.partial != nil && p.partial.Size >= 4*n {
		return nil
	}
	p.dropRecords()
	if p.partial != nil {
		p.partial.Destroy()
	}
	p.partial, err = p.e.dev.NewBuffer("partial sums", 4*n, webgpu.Storage|webgpu.CopySrc|webgpu.CopyDst)
	return err
}

// buffer is where a tensor's elements are.
func (p *program) buffer(id unet.TensorID) *webgpu.Buffer {
	switch {
	case id == unet.None:
		return p.e.dummy
	case p.outside[id] != nil:
		return p.outside[id]
	}
	return p.slots[p.plan.Tensors[id].Slot]
}

// drop frees the activations and what is recorded on them.
func (p *program) drop() {
	p.dropRecords()
	for _, b := range p.slots {
		b.Destroy()
	}
	for _, b := range p.outside {
		b.Destroy()
	}
	p.room, p.slots, p.outside = 0, nil, nil
}

func (p *program) dropRecords() {
	for n, r := range p.records {
		r.uniforms.Destroy()
		delete(p.records, n)
	}
}

// Release implements engine.Program.
func (p *program) Release() {
	p.drop()
	if p.partial != nil {
		p.partial.Destroy()
	}
	for _, t := range p.sheets {
		if t != nil {
			t.Destroy()
		}
	}
	for _, b := range p.weights {
		b.Destroy()
	}
	*p = program{}
}
