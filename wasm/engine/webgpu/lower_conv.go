//go:build js && wasm

package webgpu

import (
	"unnoise/kernels"
	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/unet"
)

// tile is what a workgroup of conv3x3 makes: 4*qx by th pixels and 4*cq channels. A thread makes four pixels and four channels.
type tile struct{ qx, th, cq int }

// The pixels of a tile, by the size of the picture; cq comes with the channels. Workgroup memory holds the staged pixels
// and weights of four input channels: 8x8 pixels at stride 2 with 64 channels take 13.6 KiB of the 16 that every
// device has, 16x16 at stride 2 with 4 channels 17.6, which is why that tile is kept to stride 1.
var (
	smallTile  = tile{qx: 1, th: 4}
	middleTile = tile{qx: 2, th: 8}
	largeTile  = tile{qx: 4, th: 16}
)

// tileFor picks a tile of about 64 to 256 threads that wastes little.
func (l limits) tileFor(out unet.Tensor, stride int) tile {
	t, cq := middleTile, l.quads(out.C)
	switch {
	case out.H <= 4 && out.W <= 4:
		t = smallTile
	case cq == 1 && stride == 1 && out.H > 8 && out.W > 8:
		t = largeTile
	}
	t.cq = cq
	return t
}

// quads is the side of a workgroup, in quads, that has n channels or pixels to make: a power of two.
func (l limits) quads(n int) int {
	q := l.minQuads
	for q < l.maxQuads && 4*q < n {
		q *= 2
	}
	return q
}

// constants are the overrides of conv3x3.wgsl.
func (t tile) constants(stride int, wide bool) constants {
	sx := (4*t.qx-1)*stride + 3
	return constants{"STRIDE": stride, "WIDE": flag(wide), "CQ": t.cq, "QX": t.qx, "TH": t.th, "ROWS": t.qx * t.th,
		"SX": sx, "STAGED": sx * ((t.th-1)*stride + 3), "TAPS": 36 * t.cq}
}

// minSlab is the fewest input channels worth a slab of their own: below, the raw sums cost more than they bring.
const minSlab = 32

// slabs is how many slabs the input channels are cut into, and how many channels each has, so that there are enough
// workgroups: a small picture alone has too few tiles to fill a GPU.
func (l *lowering) slabs(groups, channels, outSize int) (count, size int) {
	want := min(l.p.e.limits.groups/groups, channels/minSlab, webgpu.MaxBinding/4/outSize, webgpu.MaxWorkgroups/l.n)
	if want <= 1 {
		return 1, channels
	}
	size = ceilDiv(ceilDiv(channels, want), 4) * 4
	return ceilDiv(channels, size), size
}

func (l *lowering) conv3x3(i int, s *stage) {
	in, out, m := l.p.plan.Tensors[s.In[0]], l.p.plan.Tensors[s.Out], l.p.matrices[i]
	if m.direct {
		l.convDirect(i, s)
		return
	}
	t := l.p.e.limits.tileFor(out, s.Stride)
	tiles, blocks := ceilDiv(out.W, 4*t.qx)*ceilDiv(out.H, t.th), ceilDiv(out.C, 4*t.cq)
	channels, size := l.p.plan.Channels(s.Op), l.n*out.Len()
	slabs, slabSize := l.slabs(tiles*blocks*l.n, channels, size)
	before := 1
	if s.Stride == 2 && s.Pad == kernels.PadRightBottom {
		before = 0
	}
	var p params
	p.u(in.H, in.W, in.C, channels-in.C, out.H, out.W, out.C, before, flag(s.Up), flag(s.Norm != unet.None), flag(s.SiLU))
	p.u(l.time(s)...)
	p.u(flag(s.Residual != unet.None), l.p.vectors[i], slabs, slabSize, size)
	p.f(s.Mul)
	c := call{spec: l.p.convSpec("conv3x3", t.constants(s.Stride, m.wide), s), params: p, reads: l.convReads(s, m), write: of(s.Out),
		x: tiles, y: blocks, z: l.n * slabs, macs: int64(l.n) * l.p.plan.OpMACs(s.Op)}
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
	l.elements("conv3x3_reduce", p, size, []binding{rawSums, {own: l.p.arena}, of(s.Time), of(s.Residual)}, s)
}

func (l *lowering) conv1x1(i int, s *stage) {
	in, out, m := l.p.plan.Tensors[s.In[0]], l.p.plan.Tensors[s.Out], l.p.matrices[i]
	if m.direct {
		l.convDirect(i, s)
		return
	}
	pixels := l.n * out.H * out.W
	var p params
	p.u(pixels, out.H*out.W, in.C, l.p.plan.Channels(s.Op)-in.C, out.C, flag(s.Norm != unet.None), flag(s.SiLU))
	p.u(l.time(s)...)
	p.u(flag(s.Residual != unet.None), l.p.vectors[i])
	p.f(s.Mul)
	// 4*rows pixels and 4*cq channels a workgroup.
	rows, cq := l.p.e.limits.quads(pixels), l.p.e.limits.quads(out.C)
	consts := constants{"WIDE": flag(m.wide), "CQ": cq, "ROWS": rows, "STAGED": 16 * rows, "TAPS": 16 * cq}
	l.calls = append(l.calls, call{spec: l.p.convSpec("conv1x1", consts, s), params: p, reads: l.convReads(s, m), write: of(s.Out),
		x: ceilDiv(pixels, 4*rows), y: ceilDiv(out.C, 4*cq), z: 1, macs: int64(l.n) * l.p.plan.OpMACs(s.Op)})
}
