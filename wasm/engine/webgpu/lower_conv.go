//go:build js && wasm

package webgpu

import (
	"unnoise/kernels"
	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/unet"
)

// slabBlocks is the fewest blocks of input channels in a slab: each block is a round of staging and computing, about as long as one more
// dispatch.
const slabBlocks = 4

// slabs is how many slabs a convolution's input channels are cut into, and how many channels each has, a multiple of those that its shader
// takes at once, so that there are enough workgroups: a small picture alone has too few tiles to fill a GPU. groups are those of the tile that
// the rule gives: slabs are an order of sums, which no timing may decide.
func (l *lowering) slabs(s *stage, groups int) (count, size int) {
	limits, channels, block := l.p.e.limits, l.p.plan.Channels(s.Op), rowBlock[s.Kernel]
	outSize := l.n * l.p.plan.Tensors[s.Out].Len()
	want := min(limits.groups/groups, channels/max(limits.slab, slabBlocks*block), webgpu.MaxBinding/4/outSize, webgpu.MaxWorkgroups/l.n)
	if want <= 1 {
		return 1, channels
	}
	size = ceilDiv(ceilDiv(channels, want), block) * block
	return ceilDiv(channels, size), size
}

// inQuads says whether all inputs of a stage have channels in fours.
func (l *lowering) inQuads(s *stage) bool {
	return l.p.plan.Tensors[s.In[0]].C%4 == 0 && l.p.plan.Channels(s.Op)%4 == 0
}

func (l *lowering) conv3x3(i int, s *stage) {
	in, out, m := l.p.plan.Tensors[s.In[0]], l.p.plan.Tensors[s.Out], l.p.matrices[i]
	if m.direct {
		l.convDirect(i, s)
		return
	}
	rule := l.p.e.limits.tile3x3(out, s.Stride, l.n)
	tiles, blocks := rule.blocks(out)
	channels, size := l.p.plan.Channels(s.Op), l.n*out.Len()
	slabs, slabSize := l.slabs(s, tiles*blocks*l.n)
	t := l.tile(s, rule)
	tiles, blocks = t.blocks(out)
	before := 1
	if s.Stride == 2 && s.Pad == kernels.PadRightBottom {
		before = 0
	}
	var p params
	p.u(in.H, in.W, in.C, channels-in.C, out.H, out.W, out.C, before, flag(s.Up), flag(s.Norm != unet.None), flag(s.SiLU))
	p.u(l.time(s)...)
	p.u(flag(s.Residual != unet.None), l.p.vectors[i], slabs, slabSize, size)
	p.f(s.Mul)
	l.inSlabs(i, s, slabs, size, call{spec: l.convSpec(i, s, t), params: p, reads: l.convReads(s, m), write: of(s.Out),
		x: tiles, y: blocks, z: l.n * slabs, macs: int64(l.n) * l.p.plan.OpMACs(s.Op)})
}

// inSlabs adds a convolution's call and, where its channels are in slabs, that which adds up the slabs.
func (l *lowering) inSlabs(i int, s *stage, slabs, size int, c call) {
	if slabs > 1 {
		c.write = rawSums
		l.partial = max(l.partial, slabs*size)
	}
	l.calls = append(l.calls, c)
	if slabs > 1 {
		l.reduce(i, s, slabs, size)
	}
}

// convSpec is a convolution's pipeline, exact or with inputs in float16.
func (l *lowering) convSpec(i int, s *stage, t tile) spec {
	c := t.constants(s)
	c["WIDE"], c["QUADS"] = flag(l.p.matrices[i].wide), flag(l.inQuads(s))
	if !l.p.halves(s) {
		return spec{shader: string(s.Kernel), constants: c}
	}
	c["HALF"] = 1
	return spec{string(s.Kernel), c, true}
}

// time is the offset, plus one, and the stride of the vector that an operation reads; 0 for none.
func (l *lowering) time(s *stage) []int {
	if s.Time == unet.None {
		return []int{0, 0}
	}
	return []int{s.TimeOffset + 1, l.p.plan.Tensors[s.Time].C}
}

func (l *lowering) convReads(s *stage, m matrix) []binding {
	return []binding{of(s.In[0]), of(s.In[1]), of(s.Norm), {own: m.buf}, {own: l.p.arena}, of(s.Time), of(s.Residual)}
}

// reduce adds up the slabs.
func (l *lowering) reduce(i int, s *stage, slabs, size int) {
	out := l.p.plan.Tensors[s.Out]
	var p params
	p.u(size, out.Len(), out.C, slabs)
	p.u(l.time(s)...)
	p.u(flag(s.Residual != unet.None), l.p.vectors[i])
	p.f(s.Mul)
	l.elements("conv_reduce", p, size, []binding{rawSums, {own: l.p.arena}, of(s.Time), of(s.Residual)}, s)
}

func (l *lowering) conv1x1(i int, s *stage) {
	in, out, m := l.p.plan.Tensors[s.In[0]], l.p.plan.Tensors[s.Out], l.p.matrices[i]
	if m.direct {
		l.convDirect(i, s)
		return
	}
	pixels, channels, size := l.n*out.H*out.W, l.p.plan.Channels(s.Op), l.n*out.Len()
	rule := l.p.e.limits.tile1x1(pixels, out.C)
	slabs, slabSize := l.slabs(s, ceilDiv(pixels, 4*rule.th)*ceilDiv(out.C, 4*rule.cq))
	t := l.tile(s, rule)
	var p params
	p.u(pixels, out.H*out.W, in.C, channels-in.C, out.C, flag(s.Norm != unet.None), flag(s.SiLU))
	p.u(l.time(s)...)
	p.u(flag(s.Residual != unet.None), l.p.vectors[i], slabs, slabSize, size)
	p.f(s.Mul)
	l.inSlabs(i, s, slabs, size, call{spec: l.convSpec(i, s, t), params: p, reads: l.convReads(s, m), write: of(s.Out),
		x: ceilDiv(pixels, 4*t.th), y: ceilDiv(out.C, 4*t.cq), z: slabs, macs: int64(l.n) * l.p.plan.OpMACs(s.Op)})
}
