//go:build js && wasm

package webgpu

import (
	"context"
	"syscall/js"
)

// Layout is the shape of what a shader binds: binding 0 is a uniform block, the next ones are what it reads, and the last
// is what it writes.
type Layout struct{ group, pipeline js.Value }

const stageCompute = 4 // GPUShaderStage.COMPUTE

// NewLayout makes the layout of shaders that read and write bindings of these kinds.
func (d *Device) NewLayout(reads []Kind, write Kind) (l *Layout, err error) {
	defer catch("createBindGroupLayout", &err)
	entries := []any{}
	add := func() map[string]any {
		entry := map[string]any{"binding": len(entries), "visibility": stageCompute}
		entries = append(entries, entry)
		return entry
	}
	add()["buffer"] = map[string]any{"type": "uniform"}
	for _, kind := range reads {
		kind.read(add())
	}
	write.written(add())
	group := d.v.Call("createBindGroupLayout", map[string]any{"entries": entries})
	pipeline := d.v.Call("createPipelineLayout", map[string]any{"bindGroupLayouts": []any{group}})
	return &Layout{group, pipeline}, nil
}

// Shader is a compiled WGSL file.
type Shader struct{ v js.Value }

// NewShader compiles WGSL; the first error message, with its line, becomes the error.
func (d *Device) NewShader(ctx context.Context, name, code string) (*Shader, error) {
	s, err := d.module(name, code)
	if err != nil {
		return nil, err
	}
	info, err := await(ctx, "getCompilationInfo", s.v)
	if err != nil {
		return nil, d.explain(err)
	}
	messages := info.Get("messages")
	for i := range messages.Length() {
		if m := messages.Index(i); m.Get("type").String() == "error" {
			line := js.Global().Get("String").Invoke(m.Get("lineNum")).String()
			return nil, &Error{name, "line " + line, m.Get("message").String()}
		}
	}
	return s, nil
}

func (d *Device) module(name, code string) (s *Shader, err error) {
	defer catch("createShaderModule", &err)
	return &Shader{d.v.Call("createShaderModule", map[string]any{"label": name, "code": code})}, nil
}

// Pipeline is a shader with its override constants fixed.
type Pipeline struct {
	v      js.Value
	layout *Layout
}

// NewPipeline compiles entry point main of a shader; constants are the values of its overrides.
func (d *Device) NewPipeline(ctx context.Context, label string, s *Shader, l *Layout, constants map[string]int) (*Pipeline, error) {
	values := map[string]any{}
	for name, v := range constants {
		values[name] = v
	}
	v, err := await(ctx, "createComputePipelineAsync", d.v, map[string]any{
		"label": label, "layout": l.pipeline,
		"compute": map[string]any{"module": s.v, "entryPoint": "main", "constants": values},
	})
	if err != nil {
		return nil, d.explain(err)
	}
	return &Pipeline{v, l}, nil
}

// Block is a uniform block inside a buffer; Offset is a multiple of UniformAlign.
type Block struct {
	Buffer       *Buffer
	Offset, Size int
}

// BindGroup is what one dispatch binds.
type BindGroup struct{ v js.Value }

// NewBindGroup binds resources for a pipeline: a uniform block, what it reads, of the kinds of its layout, and what it
// writes, which must be none of those that are read.
func (d *Device) NewBindGroup(p *Pipeline, block Block, reads []Resource, write Resource) (g *BindGroup, err error) {
	defer catch("createBindGroup", &err)
	entries := []any{map[string]any{"binding": 0, "resource": map[string]any{"buffer": block.Buffer.v, "offset": block.Offset, "size": block.Size}}}
	for i, r := range append(reads[:len(reads):len(reads)], write) {
		entries = append(entries, map[string]any{"binding": i + 1, "resource": r.resource()})
	}
	return &BindGroup{d.v.Call("createBindGroup", map[string]any{"layout": p.layout.group, "entries": entries})}, nil
}
