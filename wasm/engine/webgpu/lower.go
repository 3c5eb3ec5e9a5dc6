//go:build js && wasm

package webgpu

import (
	"math"

	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/unet"
)

// elementThreads is the workgroup of the shaders that make one element a thread and go on in strides of the whole grid.
const elementThreads = 256

// elementGroups is the number of their workgroups.
func elementGroups(size int) int {
	return min(ceilDiv(size, elementThreads), webgpu.MaxWorkgroups)
}

// elements adds a call of such a shader.
func (l *lowering) elements(shader string, p params, size int, reads []binding, s *stage) {
	l.calls = append(l.calls, call{spec: spec{shader: shader}, params: p, reads: reads, write: of(s.Out), x: elementGroups(size), y: 1, z: 1})
}

// linearBlock is the number of outputs a workgroup of linear.wgsl makes.
const linearBlock = 64

func (l *lowering) linear(i int, s *stage) {
	m, cin := l.p.matrices[i], l.p.plan.Tensors[s.In[0]].C
	reads, shader, block := []binding{of(s.In[0]), {own: m.buf}}, "linear", linearBlock
	if m.direct {
		reads, shader, block = []binding{{own: m.buf}, of(s.In[0])}, "linear_direct", directThreads*directChannels
	}
	var p params
	p.u(cin, s.cout, flag(s.SiLU), flag(s.Residual != unet.None), l.p.vectors[i], s.OutOffset, l.p.plan.Tensors[s.Out].C)
	l.calls = append(l.calls, call{spec: spec{shader: shader, constants: constants{"WIDE": flag(m.wide)}}, params: p,
		reads: append(reads, binding{own: l.p.arena}, of(s.Residual)), write: of(s.Out),
		x: ceilDiv(s.cout, block), y: l.n, z: 1, macs: int64(l.n) * int64(cin) * int64(s.cout)})
}

// normSide picks groupnorm.wgsl's SIDE for groups of count elements. Every thread reads 2*SIDE sums from workgroup memory, which costs
// software adapters as much as the group itself.
func (l limits) normSide(count int) int {
	switch {
	case count <= 128 || l.direct:
		return 4
	case count <= 1024:
		return 8
	}
	return 16
}

func (l *lowering) groupNorm(i int, s *stage) {
	in, channels := l.p.plan.Tensors[s.In[0]], l.p.plan.Channels(s.Op)
	count := in.H * in.W * channels / s.Groups
	if count >= l.p.e.limits.runs && l.inQuads(s) {
		l.groupNormInRuns(i, s)
		return
	}
	side := l.p.e.limits.normSide(count)
	var p params
	p.u(in.H*in.W, in.C, channels-in.C, s.Groups)
	p.f(s.Eps)
	p.u(l.time(s)...)
	p.u(l.p.vectors[i])
	l.calls = append(l.calls, call{spec: spec{shader: "groupnorm", constants: constants{"SIDE": side, "THREADS": side * side, "JOINED": flag(channels > in.C)}}, params: p,
		reads: []binding{of(s.In[0]), of(s.In[1]), {own: l.p.arena}, of(s.Time)}, write: of(s.Out), x: s.Groups, y: l.n, z: 1})
}

// groupNormInRuns takes the statistics of runs of pixels first, with many workgroups, and then joins them.
func (l *lowering) groupNormInRuns(i int, s *stage) {
	in, channels := l.p.plan.Tensors[s.In[0]], l.p.plan.Channels(s.Op)
	pixels, quads := in.H*in.W, channels/4
	run := max(leastRun, ceilDiv(pixels, mostRuns))
	runs, columns := ceilDiv(pixels, run), ceilDiv(quads, normQuads)
	var p, q params
	p.u(pixels, in.C, channels-in.C, runs, run, ceilDiv(quads, columns))
	l.partial = max(l.partial, l.n*runs*3*channels)
	q.u(pixels, channels, s.Groups, runs, run)
	q.f(s.Eps)
	q.u(l.time(s)...)
	q.u(l.p.vectors[i])
	l.calls = append(l.calls,
		call{spec: spec{shader: "groupnorm_part"}, params: p, reads: []binding{of(s.In[0]), of(s.In[1])}, write: rawSums, x: runs, y: columns, z: l.n},
		call{spec: spec{shader: "groupnorm_join"}, params: q, reads: []binding{rawSums, {own: l.p.arena}, of(s.Time)}, write: of(s.Out), x: s.Groups, y: l.n, z: 1})
}

// A run of pixels has at least leastRun of them, a sample at most mostRuns runs; a workgroup takes a run's normQuads quads of channels.
const (
	leastRun  = 64
	mostRuns  = 256
	normQuads = 64
)

// A workgroup of attention_wide.wgsl takes wideQueries queries with wideThreads threads; it pays from heads of wideHead channels on.
const (
	wideQueries = 16
	wideThreads = 128
	wideHead    = 64
)

// A workgroup of attention.wgsl takes so many queries and mixes so many channels of a head.
const (
	attentionQueries  = 4
	attentionChannels = 256
)

func (l *lowering) attention(i int, s *stage) {
	if l.p.matrices[i].direct {
		l.attentionDirect(s)
		return
	}
	out := l.p.plan.Tensors[s.Out]
	width, pixels := out.C/s.Heads, out.H*out.W
	chunks, shader, queries, consts := ceilDiv(width, attentionChannels), "attention", attentionQueries, constants(nil)
	if width >= wideHead && width%4 == 0 {
		cq := quads(width, wideHead/4, attentionChannels/4)
		shader, queries, consts = "attention_wide", wideQueries, constants{"CQ": cq, "PER": wideQueries * cq / wideThreads}
	}
	var p params
	p.u(pixels, out.C, width)
	p.f(float32(1 / math.Sqrt(float64(width))))
	p.u(chunks)
	l.calls = append(l.calls, call{spec: spec{shader: shader, constants: consts}, params: p, reads: []binding{of(s.In[0])}, write: of(s.Out),
		x: ceilDiv(pixels, queries), y: s.Heads * chunks, z: l.n, macs: int64(l.n) * l.p.plan.OpMACs(s.Op)})
}

func (l *lowering) avgPool2(_ int, s *stage) {
	in, size := l.p.plan.Tensors[s.In[0]], l.n*l.p.plan.Tensors[s.Out].Len()
	var p params
	p.u(size, in.H, in.W, in.C, flag(s.Norm != unet.None), flag(s.SiLU))
	l.elements("avgpool2", p, size, []binding{of(s.In[0]), of(s.Norm)}, s)
}

func (l *lowering) upsample(_ int, s *stage) {
	in, size := l.p.plan.Tensors[s.In[0]], l.n*l.p.plan.Tensors[s.Out].Len()
	var p params
	p.u(size, in.H, in.W, in.C)
	l.elements("upsample", p, size, []binding{of(s.In[0])}, s)
}

func (l *lowering) concat(_ int, s *stage) {
	size := l.n * l.p.plan.Tensors[s.Out].Len()
	var p params
	p.u(size, l.p.plan.Tensors[s.In[0]].C, l.p.plan.Tensors[s.In[1]].C)
	l.elements("concat", p, size, []binding{of(s.In[0]), of(s.In[1])}, s)
}

func (l *lowering) combine(_ int, s *stage) {
	out := l.p.plan.Tensors[s.Out]
	size := l.n * out.Len()
	p := combineParams(size, out.C, s.Const, 0, []combineTerm{{coef: s.Coef, channels: out.C}})
	none := of(unet.None)
	l.elements("combine", p, size, []binding{of(s.In[0]), none, none, none}, s)
}
