//go:build js && wasm

package webgpu

import (
	"unnoise/kernels"
	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/unet"
)

// tile is what a workgroup of conv3x3 makes: 4*qx by th pixels and 4*cq channels. A thread makes four pixels, or two rows of four, and
// four channels.
type tile struct {
	qx, th, cq int
	two        bool
}

// The pixels of a tile, by the size of the picture; cq comes with the channels. Workgroup memory holds the staged pixels
// and weights of four input channels: 8x8 pixels at stride 2 with 64 channels take 13.6 KiB of the 16 that every
// device has, 16x16 at stride 2 with 4 channels 17.6, which is why that tile is kept to stride 1.
var (
	smallTile  = tile{qx: 1, th: 4}
	middleTile = tile{qx: 2, th: 8}
	largeTile  = tile{qx: 4, th: 16}
)

// tileFor picks a tile of about 64 to 256 threads that wastes little, for n samples. Which one it is changes no bits.
func (l limits) tileFor(out unet.Tensor, stride, n int) tile {
	t, cq := middleTile, l.quads(out.C)
	switch {
	case out.H <= 4 && out.W <= 4:
		t = smallTile
	case cq == 1 && stride == 1 && out.H > 8 && out.W > 8:
		t = largeTile
	case cq == l.maxQuads && n*ceilDiv(out.W, 4*t.qx)*ceilDiv(out.H, t.th)*ceilDiv(out.C, 4*cq) >= l.plenty:
		t.two = true
	case cq == 16:
		cq = 8 // more workgroups, of 128 threads
	}
	t.cq = cq
	return t
}

// quads is the side of a workgroup, in quads, that has n channels or pixels to make: a power of two.
func (l limits) quads(n int) int { return quads(n, l.minQuads, l.maxQuads) }

// quads is the least of least, twice that and so on up to most that holds n in fours.
func quads(n, least, most int) int {
	for least < most && 4*least < n {
		least *= 2
	}
	return least
}

// constants are the overrides of conv3x3.wgsl.
func (t tile) constants(stride int, wide, quads bool) constants {
	sx := (4*t.qx-1)*stride + 3
	return constants{"STRIDE": stride, "WIDE": flag(wide), "QUADS": flag(quads), "CQ": t.cq, "QX": t.qx, "TH": t.th, "TWO": flag(t.two),
		"ROWS": t.qx * t.th >> flag(t.two), "SX": sx, "STAGED": sx * ((t.th-1)*stride + 3), "TAPS": 36 * t.cq}
}

// slabBlocks is the fewest blocks of input channels in a slab: each block is a round of staging and computing, about as long as one more
// dispatch.
const slabBlocks = 4

// slabs is how many slabs a convolution's input channels are cut into, and how many channels each has, a multiple of those that its shader
// takes at once, so that there are enough workgroups: a small picture alone has too few tiles to fill a GPU.
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
	t := l.p.e.limits.tileFor(out, s.Stride, l.n)
	tiles, blocks := ceilDiv(out.W, 4*t.qx)*ceilDiv(out.H, t.th), ceilDiv(out.C, 4*t.cq)
	channels, size := l.p.plan.Channels(s.Op), l.n*out.Len()
	slabs, slabSize := l.slabs(s, tiles*blocks*l.n)
	before := 1
	if s.Stride == 2 && s.Pad == kernels.PadRightBottom {
		before = 0
	}
	var p params
	p.u(in.H, in.W, in.C, channels-in.C, out.H, out.W, out.C, before, flag(s.Up), flag(s.Norm != unet.None), flag(s.SiLU))
	p.u(l.time(s)...)
	p.u(flag(s.Residual != unet.None), l.p.vectors[i], slabs, slabSize, size)
	p.f(s.Mul)
	l.inSlabs(i, s, slabs, size, call{spec: l.p.convSpec("conv3x3", t.constants(s.Stride, m.wide, l.inQuads(s)), s), params: p, reads: l.convReads(s, m), write: of(s.Out),
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
func (p *program) convSpec(shader string, c constants, s *stage) spec {
	if !p.halves(s) {
		return spec{shader: shader, constants: c}
	}
	c["HALF"] = 1
	return spec{shader, c, true}
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
	// A workgroup makes 4*rows pixels, or twice as many, and 4*cq channels.
	limits := l.p.e.limits
	rows, cq := limits.quads(pixels), limits.quads(out.C)
	two := rows == limits.maxQuads && ceilDiv(pixels, 8*rows)*ceilDiv(out.C, 4*cq) >= limits.plenty
	each := 4 * rows << flag(two)
	tiles, blocks := ceilDiv(pixels, each), ceilDiv(out.C, 4*cq)
	slabs, slabSize := l.slabs(s, tiles*blocks)
	var p params
	p.u(pixels, out.H*out.W, in.C, channels-in.C, out.C, flag(s.Norm != unet.None), flag(s.SiLU))
	p.u(l.time(s)...)
	p.u(flag(s.Residual != unet.None), l.p.vectors[i], slabs, slabSize, size)
	p.f(s.Mul)
	consts := constants{"WIDE": flag(m.wide), "QUADS": flag(l.inQuads(s)), "CQ": cq, "ROWS": rows, "TWO": flag(two), "PIXELS": each, "STAGED": 4 * each, "TAPS": 16 * cq}
	l.inSlabs(i, s, slabs, size, call{spec: l.p.convSpec("conv1x1", consts, s), params: p, reads: l.convReads(s, m), write: of(s.Out),
		x: tiles, y: blocks, z: slabs, macs: int64(l.n) * l.p.plan.OpMACs(s.Op)})
}
