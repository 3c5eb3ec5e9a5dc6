//go:build js && wasm

package webgpu

import (
	"context"

	"unnoise/kernels"
	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/unet"
)

// record is a plan's dispatches for one number of samples.
type record struct {
	dispatches []webgpu.Dispatch
	upTo       []int64 // multiplications of each dispatch and all before it
	recording  *webgpu.Recording
	submit     int64 // multiplications of a submit that the recording was cut for
	uniforms   *webgpu.Buffer
}

// sum is the multiplications of the first dispatches.
func (r *record) sum(dispatches int) int64 {
	if dispatches == 0 {
		return 0
	}
	return r.upTo[dispatches-1]
}

func (r *record) macs() int64 { return r.sum(len(r.upTo)) }

// cut cuts the dispatches into submits of so many multiplications, but leaves them as they are where that is near. What is computed
// does not depend on it.
func (r *record) cut(submit int64) {
	near := submit < 2*r.submit && r.submit < 2*submit
	if r.recording != nil && (near || min(submit, r.submit) >= r.macs()) {
		return
	}
	var submits [][]webgpu.Dispatch
	first := 0
	for _, end := range r.ends(submit) {
		submits = append(submits, r.dispatches[first:end])
		first = end
	}
	r.recording, r.submit = webgpu.Record(submits...), submit
}

// ends is where submits of so many multiplications end, as numbers of dispatches.
func (r *record) ends(submit int64) []int {
	var ends []int
	first := 0
	for i := range r.dispatches {
		if i > first && r.upTo[i]-r.sum(first) > submit {
			ends = append(ends, i)
			first = i
		}
	}
	return append(ends, len(r.dispatches))
}

// call is one dispatch before it is recorded. Buffers are named by tensors of the plan, so that a list of calls can be
// made before there are buffers.
type call struct {
	spec    spec
	params  params
	reads   []binding
	write   binding
	x, y, z int
	macs    int64
}

// binding is a buffer: a tensor of the plan, or one of those that have no tensor.
type binding struct {
	tensor unet.TensorID
	own    webgpu.Resource // weights and vectors
	raw    bool            // the raw sums of slabs
	sheet  sheetID         // a texture between calls of one stage
}

func of(id unet.TensorID) binding { return binding{tensor: id} }

var rawSums = binding{raw: true}

// lowering turns stages into calls for n samples.
type lowering struct {
	p     *program
	n     int
	calls []call
	// stageOf is the number of the stage that each call belongs to.
	stageOf []int
	// partial is the number of raw sums the largest convolution in slabs leaves.
	partial int
	// sheets are the sizes of the textures that direct operations need.
	sheets [sheetCount]struct{ width, height int }
	// trial is the tile that convolutions are tried with; nil for none. rule is the one that the rule gives the last of them.
	trial *tile
	rule  tile
}

// lowerings says how each kernel is called; i is the number of the stage.
var lowerings = map[kernels.Kernel]func(l *lowering, i int, s *stage){
	kernels.Linear:    (*lowering).linear,
	kernels.GroupNorm: (*lowering).groupNorm,
	kernels.Conv3x3:   (*lowering).conv3x3,
	kernels.Conv1x1:   (*lowering).conv1x1,
	kernels.Attention: (*lowering).attention,
	kernels.AvgPool2:  (*lowering).avgPool2,
	kernels.Upsample:  (*lowering).upsample,
	kernels.Concat:    (*lowering).concat,
	kernels.Combine:   (*lowering).combine,
}

// lower lists the calls for n samples.
func (p *program) lower(n int) *lowering { return p.lowerUpTo(n, len(p.stages)) }

// lowerUpTo lists the calls of the first stages for n samples.
func (p *program) lowerUpTo(n, stages int) *lowering {
	l := &lowering{p: p, n: n}
	for i := range p.stages[:stages] {
		lowerings[p.stages[i].Kernel](l, i, &p.stages[i])
		for len(l.stageOf) < len(l.calls) {
			l.stageOf = append(l.stageOf, i)
		}
	}
	return l
}

// specsOf are the pipelines that calls need.
func specsOf(calls []call) []spec {
	list := make([]spec, len(calls))
	for i, c := range calls {
		list[i] = c.spec
	}
	return list
}

// record is the recording for n samples, made when it is first asked for.
func (p *program) record(ctx context.Context, n int) (*record, error) {
	if r := p.records[n]; r != nil {
		return r, nil
	}
	l := p.lower(n)
	if err := p.e.shop.prepare(ctx, specsOf(l.calls)); err != nil {
		return nil, err
	}
	var r *record
	err := p.e.dev.Scope(ctx, func() (err error) {
		if err = p.reserve(n, l); err == nil {
			r, err = p.assemble(l.calls)
		}
		return err
	})
	if err != nil {
		p.drop()
		return nil, err
	}
	p.records[n] = r
	return r, nil
}

// assemble writes the uniform blocks, makes the bind groups and cuts the calls into submits.
func (p *program) assemble(calls []call) (*record, error) {
	blocks := make([]uint32, len(calls)*webgpu.UniformAlign/4)
	for i, c := range calls {
		copy(blocks[i*webgpu.UniformAlign/4:], c.params)
	}
	uniforms, err := p.e.dev.NewBuffer("uniforms", 4*len(blocks), webgpu.Uniform|webgpu.CopyDst)
	if err != nil {
		return nil, err
	}
	if err := p.e.dev.Write(uniforms, 0, bytesOf(blocks)); err != nil {
		return nil, err
	}
	r := &record{uniforms: uniforms}
	var macs int64
	for i := range calls {
		d, err := p.bind(&calls[i], webgpu.Block{Buffer: uniforms, Offset: i * webgpu.UniformAlign, Size: webgpu.UniformAlign})
		if err != nil {
			return nil, err
		}
		macs += calls[i].macs
		r.dispatches, r.upTo = append(r.dispatches, d), append(r.upTo, macs)
	}
	r.cut(p.e.flight.pace.submit(p.e.limits.submit))
	return r, nil
}

func (p *program) bind(c *call, block webgpu.Block) (webgpu.Dispatch, error) {
	pipeline := p.e.shop.pipeline(c.spec)
	reads := make([]webgpu.Resource, len(c.reads))
	for i, b := range c.reads {
		reads[i] = p.resolve(b)
	}
	group, err := p.e.dev.NewBindGroup(pipeline, block, reads, p.resolve(c.write))
	return webgpu.Dispatch{Pipeline: pipeline, Group: group, X: c.x, Y: c.y, Z: c.z}, err
}

func (p *program) resolve(b binding) webgpu.Resource {
	switch {
	case b.own != nil:
		return b.own
	case b.raw:
		return p.partial
	case b.sheet != 0:
		return p.sheets[b.sheet]
	}
	return p.buffer(b.tensor)
}
