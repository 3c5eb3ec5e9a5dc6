//go:build js && wasm

package webgpu

import (
	"context"
	"errors"

	"unnoise/kernels"
	"unnoise/wasm/engine"
	"unnoise/wasm/internal/webgpu"
)

// maxTerms is the number of tensors combine.wgsl reads.
const maxTerms = 4

// verb is a single dispatch outside a plan, kept because a chain repeats it with the same tensors every step. Only its
// uniform block changes.
type verb struct {
	recording *webgpu.Recording
	uniforms  *webgpu.Buffer
}

// verbKey says which dispatch it is: the shader, the buffers it reads, and the one it writes.
type verbKey struct {
	shader string
	reads  [maxTerms]*webgpu.Buffer
	write  *webgpu.Buffer
}

// maxVerbs is the number of dispatches kept. A chain needs about ten.
const maxVerbs = 64

// run issues a verb that makes size elements.
func (e *Engine) run(key verbKey, p params, size int) error {
	v := e.verbs[key]
	if v == nil {
		var err error
		if v, err = e.newVerb(key, size); err != nil {
			return err
		}
		if len(e.verbs) >= maxVerbs {
			e.forgetAll()
		}
		e.verbs[key] = v
	}
	if err := e.dev.Write(v.uniforms, 0, bytesOf(p)); err != nil {
		return err
	}
	return e.dev.Replay(v.recording, nil, nil)
}

func (e *Engine) newVerb(key verbKey, size int) (*verb, error) {
	uniforms, err := e.dev.NewBuffer(key.shader, webgpu.UniformAlign, webgpu.Uniform|webgpu.CopyDst)
	if err != nil {
		return nil, err
	}
	pipeline := e.shop.pipeline(spec{shader: key.shader}) // New has made it
	var reads []webgpu.Resource
	for _, b := range key.reads[:signatures[key.shader].reads()] {
		reads = append(reads, b)
	}
	group, err := e.dev.NewBindGroup(pipeline, webgpu.Block{Buffer: uniforms, Size: webgpu.UniformAlign}, reads, key.write)
	if err != nil {
		return nil, err
	}
	return &verb{webgpu.Record([]webgpu.Dispatch{{Pipeline: pipeline, Group: group, X: elementGroups(size), Y: 1, Z: 1}}), uniforms}, nil
}

// forget drops the verbs that use a buffer.
func (e *Engine) forget(b *webgpu.Buffer) {
	for key, v := range e.verbs {
		uses := key.write == b
		for _, r := range key.reads {
			uses = uses || r == b
		}
		if uses {
			v.uniforms.Destroy()
			delete(e.verbs, key)
		}
	}
}

func (e *Engine) forgetAll() {
	for key, v := range e.verbs {
		v.uniforms.Destroy()
		delete(e.verbs, key)
	}
}

// combineTerm is struct Term of combine.wgsl.
type combineTerm struct {
	coef           float32
	channels, skip int
	inPlace        bool
}

// combineParams is struct Params of combine.wgsl.
func combineParams(size, c int, constant, clip float32, terms []combineTerm) params {
	var p params
	p.u(size, c)
	p.f(constant)
	p.f(clip)
	for _, t := range terms {
		p.f(t.coef)
		p.u(t.channels, t.skip, flag(t.inPlace))
	}
	for range maxTerms - len(terms) {
		p.u(0, 0, 0, 0)
	}
	return p
}

// Combine implements engine.Engine.
func (e *Engine) Combine(dst engine.Tensor, constant, clip float32, terms ...engine.Term) error {
	out, err := e.own(dst)
	if err != nil {
		return err
	}
	if err := e.check(); err != nil {
		return err
	}
	if len(terms) < 1 || len(terms) > maxTerms {
		return errors.New("combine takes 1 to 4 terms")
	}
	key := verbKey{shader: "combine", reads: [maxTerms]*webgpu.Buffer{e.dummy, e.dummy, e.dummy, e.dummy}, write: out.buf}
	list := make([]combineTerm, len(terms))
	for i, term := range terms {
		in, err := e.own(term.T)
		if err != nil {
			return err
		}
		if err := engine.CheckTerm(out.shape, term); err != nil {
			return err
		}
		list[i] = combineTerm{term.Coef, in.shape.C, term.Channel, in == out}
		if in != out {
			key.reads[i] = in.buf
		}
	}
	return e.run(key, combineParams(out.shape.Len(), out.shape.C, constant, clip, list), out.shape.Len())
}

// Modulate implements engine.Engine.
func (e *Engine) Modulate(dst, src engine.Tensor, by engine.Factor) error {
	out, err := e.own(dst)
	if err != nil {
		return err
	}
	in, err := e.own(src)
	if err != nil {
		return err
	}
	f, err := e.own(by.T)
	if err != nil {
		return err
	}
	if err := e.check(); err != nil {
		return err
	}
	if err := engine.CheckFactor(out.shape, in.shape, by); err != nil {
		return err
	}
	if f == out {
		return errors.New("modulate: the factor cannot be the destination")
	}
	key := verbKey{shader: "modulate", reads: [maxTerms]*webgpu.Buffer{in.buf, f.buf}, write: out.buf}
	if in == out {
		key.reads[0] = e.dummy
	}
	var p params
	p.u(out.shape.Len(), out.shape.C, f.shape.C, by.Channel)
	p.f(by.Add)
	p.f(by.Mul)
	p.u(flag(by.Exp), flag(in == out))
	return e.run(key, p, out.shape.Len())
}

// Threshold implements engine.Engine. The pictures come back to be sorted: few models ask for it, and it is exact.
func (e *Engine) Threshold(ctx context.Context, t engine.Tensor, quantile, top float64) error {
	x := make([]float32, t.Shape().Len())
	if err := t.Read(ctx, x); err != nil {
		return err
	}
	size := len(x) / t.Shape().N
	for at := 0; at < len(x); at += size {
		kernels.PlainThreshold(x[at:][:size], quantile, top)
	}
	return t.Write(x)
}

// Pixels implements engine.Engine.
func (e *Engine) Pixels(t engine.Tensor, rgba []byte) (engine.Fetch, error) {
	in, err := e.own(t)
	if err != nil {
		return nil, err
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	if err := in.shape.CheckPixels(len(rgba)); err != nil {
		return nil, err
	}
	pixels := len(rgba) / 4
	made, err := e.dev.NewBuffer("pixels", len(rgba), webgpu.Storage|webgpu.CopySrc)
	if err != nil {
		return nil, err
	}
	defer made.Destroy()
	defer e.forget(made)
	var p params
	p.u(pixels, in.shape.C)
	if err := e.run(verbKey{shader: "pixels", reads: [maxTerms]*webgpu.Buffer{in.buf}, write: made}, p, pixels); err != nil {
		return nil, err
	}
	f, err := e.dev.Fetch(made, rgba)
	if err != nil {
		return nil, err
	}
	return &fetch{e, f, func() {}}, nil
}
