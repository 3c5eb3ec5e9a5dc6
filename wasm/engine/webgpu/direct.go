//go:build js && wasm

package webgpu

import (
	"math"

	"unnoise/kernels"
	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// Direct operations are those of shaders without workgroup memory, which read textures: conv3x3_direct.wgsl says why.

// A thread of conv_direct.wgsl makes directSide by directSide pixels of directChannels channels, one of
// linear_direct.wgsl as many outputs. One of attention_scores.wgsl takes scoreQueries and scoreKeys, one of attention_mix.wgsl as many
// queries and directChannels channels.
const (
	directSide     = 4
	directChannels = 8
	scoreQueries   = 4
	scoreKeys      = 8
)

// The threads of a workgroup: one or two vectors of a CPU, so that small pictures have workgroups for all its cores.
const (
	directThreads = 8
	stageThreads  = 64
)

// sheetID names a texture that one call of a stage writes and the next one reads.
type sheetID int

const (
	staged     sheetID = iota + 1 // an input
	scored                        // scores of attention
	sheetCount int     = iota + 1
)

func on(id sheetID) binding { return binding{sheet: id} }

// sheet is the size of a staged input, of one sample, and how it is read.
type sheet struct {
	quads, columns, rows int
	before, stride, taps int
}

// sheetOf is what a stage reads: for 3x3 taps the picture with its border, filled up to whole tiles of outputs.
func (p *program) sheetOf(s *stage) sheet {
	out := p.plan.Tensors[s.Out]
	f := sheet{quads: ceilDiv(p.plan.Channels(s.Op), 4), stride: 1, taps: 1}
	more := 0 // taps beyond the first
	if s.Kernel == kernels.Conv3x3 {
		f.stride, f.before, f.taps, more = max(s.Stride, 1), 1, 9, 2
		if s.Stride == 2 && s.Pad == kernels.PadRightBottom {
			f.before = 0
		}
	}
	side := func(n int) int { return (ceilDiv(n, directSide)*directSide-1)*f.stride + 1 + more }
	f.columns, f.rows = side(out.W), side(out.H)
	return f
}

// direct says whether a stage with weights is a direct one: where the engine has those, and everything fits textures.
func (p *program) direct(s *stage) bool {
	if !p.e.limits.direct || p.halves(s) {
		return false
	}
	if s.Kernel == kernels.Linear {
		return max(p.plan.Tensors[s.In[0]].C+3, 2*ceilDiv(s.cout, directChannels)) <= webgpu.MaxTexture
	}
	f := p.sheetOf(s)
	return max(f.quads*f.columns, f.rows, 4*f.quads, 2*f.taps*ceilDiv(s.cout, directChannels)) <= webgpu.MaxTexture
}

// directAttention is the same for attention. The shaders take channels in quads, which no two heads may share.
func (p *program) directAttention(s *stage) bool {
	out, f := p.plan.Tensors[s.Out], p.sheetOf(s)
	return p.e.limits.direct && out.C/s.Heads%4 == 0 && max(f.quads*f.columns, f.rows, s.Heads*out.H*out.W) <= webgpu.MaxTexture
}

// mostOnSheets is the number of samples whose sheets fit textures.
func (p *program) mostOnSheets() int {
	most := webgpu.MaxTexture
	for i := range p.stages {
		s := &p.stages[i]
		if !p.matrices[i].direct || s.Kernel == kernels.Linear {
			continue
		}
		most = min(most, webgpu.MaxTexture/p.sheetOf(s).rows)
		if s.Kernel == kernels.Attention {
			most = min(most, webgpu.MaxTexture/(s.Heads*p.plan.Tensors[s.Out].H*p.plan.Tensors[s.Out].W))
		}
	}
	return most
}

// needs makes a sheet at least so large.
func (l *lowering) needs(id sheetID, width, height int) {
	size := &l.sheets[id]
	size.width, size.height = max(size.width, width), max(size.height, height)
}

// reserveSheets makes the textures. Records that use smaller ones are made anew.
func (p *program) reserveSheets(l *lowering) (err error) {
	for id, size := range l.sheets {
		old := p.sheets[id]
		if size.width == 0 || old != nil && old.Width >= size.width && old.Height >= size.height {
			continue
		}
		if old != nil {
			p.dropRecords()
			size.width, size.height = max(size.width, old.Width), max(size.height, old.Height)
			old.Destroy()
		}
		if p.sheets[id], err = p.e.dev.NewTexture("sheet", webgpu.Floats, size.width, size.height); err != nil {
			return err
		}
	}
	return nil
}

// stage lays out a stage's input.
func (l *lowering) stage(s *stage, f sheet) {
	l.needs(staged, f.quads*f.columns, l.n*f.rows)
	c0 := l.p.plan.Tensors[s.In[0]].C
	c1 := l.p.plan.Channels(s.Op) - c0
	if c1 > 0 && c0%4 == 0 {
		l.stagePart(s, f, s.In, 0, c0, 0)
		l.stagePart(s, f, [2]unet.TensorID{s.In[1]}, c0, c1, 0)
		return
	}
	l.stagePart(s, f, s.In, 0, c0, c1)
}

// stagePart lays out c0 channels of the first input and c1 of the second; they follow `first` others.
func (l *lowering) stagePart(s *stage, f sheet, from [2]unet.TensorID, first, c0, c1 int) {
	in, size := l.p.plan.Tensors[from[0]], l.n*f.rows*ceilDiv(c0+c1, 4)
	var p params
	p.u(in.H, in.W, c0, c1, first, l.p.plan.Channels(s.Op), f.before, flag(s.Up), flag(s.Norm != unet.None), flag(s.SiLU), f.columns, f.rows, size)
	l.calls = append(l.calls, call{spec: spec{shader: "conv3x3_stage", constants: constants{"JOINED": flag(c1 > 0)}}, params: p,
		reads: []binding{of(from[0]), of(from[1]), of(s.Norm)}, write: on(staged), x: ceilDiv(size, stageThreads), y: 1, z: 1})
}

func (l *lowering) convDirect(i int, s *stage) {
	out, m, f := l.p.plan.Tensors[s.Out], l.p.matrices[i], l.p.sheetOf(s)
	l.stage(s, f)
	var p params
	p.u(f.quads, f.columns, f.rows, out.H, out.W, out.C)
	p.u(l.time(s)...)
	p.u(flag(s.Residual != unet.None), l.p.vectors[i])
	p.f(s.Mul)
	consts := constants{"WIDE": flag(m.wide)}
	if s.Kernel == kernels.Conv3x3 {
		consts["STRIDE"] = f.stride
	}
	threads := ceilDiv(out.W, directSide) * ceilDiv(out.H, directSide) * ceilDiv(out.C, directChannels)
	l.calls = append(l.calls, call{spec: spec{shader: string(s.Kernel) + "_direct", constants: consts}, params: p,
		reads: []binding{on(staged), {own: m.buf}, {own: l.p.arena}, of(s.Time), of(s.Residual)}, write: of(s.Out),
		x: ceilDiv(threads, directThreads), y: 1, z: l.n, macs: int64(l.n) * l.p.plan.OpMACs(s.Op)})
}

func (l *lowering) attentionDirect(s *stage) {
	out, f := l.p.plan.Tensors[s.Out], l.p.sheetOf(s)
	pixels, width, macs := out.H*out.W, out.C/s.Heads/4, int64(l.n)*l.p.plan.OpMACs(s.Op)
	l.stage(s, f)
	l.needs(scored, ceilDiv(pixels, 4), l.n*s.Heads*pixels)
	var p params
	p.u(pixels, out.W, f.columns, f.rows, out.C/4, width, s.Heads)
	p.f(float32(1 / math.Sqrt(float64(4*width))))
	queries := ceilDiv(pixels, scoreQueries)
	l.calls = append(l.calls, call{spec: spec{shader: "attention_scores"}, params: p, reads: []binding{on(staged)}, write: on(scored),
		x: ceilDiv(queries*ceilDiv(pixels, scoreKeys), directThreads), y: s.Heads, z: l.n, macs: macs / 2},
		call{spec: spec{shader: "attention_mix"}, params: p, reads: []binding{on(staged), on(scored)}, write: of(s.Out),
			x: ceilDiv(queries*ceilDiv(4*width, directChannels), directThreads), y: s.Heads, z: l.n, macs: macs / 2})
}

// uploadTexels makes the texture of a direct stage's weights.
func (p *program) uploadTexels(label string, m *matrix, parts []weights.Tensor) error {
	data, err := packAny(parts, m.wide, layout{rows: 4, columns: directChannels, inner: true})
	if err != nil {
		return err
	}
	cin, _ := rowsOf(parts[0].Shape)
	height := ceilDiv(cin, 4) * 4
	texture, err := p.e.dev.NewTexture(label, webgpu.Words, len(data)/height/16, height)
	if err != nil {
		return err
	}
	m.buf, p.weights = texture, append(p.weights, texture)
	return p.e.dev.Fill(texture, data)
}
