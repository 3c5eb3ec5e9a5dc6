//go:build js && wasm

package webgpu

import (
	"slices"
	"strconv"

	"unnoise/kernels"
	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/unet"
)

// tile is what a workgroup of a convolution makes: of conv3x3 4*qx by th pixels, of conv1x1 4*th pixels one behind the other (qx is 1),
// of 4*cq channels. A thread makes four pixels, or two rows of four, and four channels. Which tile it is changes no order of a sum.
type tile struct {
	qx, th, cq int
	two        bool
}

// The pixels of a tile of conv3x3, by the size of the picture; cq comes with the channels. 16x16 pixels at stride 2 with 4 channels would take
// 17.6 KiB of workgroup memory, which is why that tile is kept to stride 1.
var (
	smallTile  = tile{qx: 1, th: 4}
	middleTile = tile{qx: 2, th: 8}
	largeTile  = tile{qx: 4, th: 16}
)

// What every device has.
const (
	workgroupMemory  = 16 << 10 // bytes
	workgroupThreads = 256
	fewThreads       = 16 // fewer leave most of any GPU's lanes idle
)

// tile3x3 picks a tile of about 64 to 256 threads that wastes little, for n samples.
func (l limits) tile3x3(out unet.Tensor, stride, n int) tile {
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

// tile1x1 is the same for conv1x1, of so many pixels of all samples.
func (l limits) tile1x1(pixels, channels int) tile {
	rows, cq := l.quads(pixels), l.quads(channels)
	two := rows == l.maxQuads && ceilDiv(pixels, 8*rows)*ceilDiv(channels, 4*cq) >= l.plenty
	return tile{qx: 1, th: rows << flag(two), cq: cq, two: two}
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

func (t tile) rows() int { return t.qx * t.th >> flag(t.two) }

// blocks is the number of a picture's tiles and that of its blocks of channels.
func (t tile) blocks(out unet.Tensor) (tiles, blocks int) {
	return ceilDiv(out.W, 4*t.qx) * ceilDiv(out.H, t.th), ceilDiv(out.C, 4*t.cq)
}

// constants3x3 are the overrides of conv3x3.wgsl.
func (t tile) constants3x3(stride int) constants {
	sx := (4*t.qx-1)*stride + 3
	return constants{"STRIDE": stride, "CQ": t.cq, "QX": t.qx, "TH": t.th, "TWO": flag(t.two),
		"ROWS": t.rows(), "SX": sx, "STAGED": sx * ((t.th-1)*stride + 3), "TAPS": 36 * t.cq}
}

// constants1x1 are those of conv1x1.wgsl.
func (t tile) constants1x1() constants {
	return constants{"CQ": t.cq, "ROWS": t.rows(), "TWO": flag(t.two), "PIXELS": 4 * t.th, "STAGED": 16 * t.th, "TAPS": 16 * t.cq}
}

// constants are the overrides of a stage's shader that come with its tile.
func (t tile) constants(s *stage) constants {
	if s.Kernel == kernels.Conv3x3 {
		return t.constants3x3(s.Stride)
	}
	return t.constants1x1()
}

// fits says whether a workgroup can be of a stage's tile, and is not much larger than what there is to make, for n samples.
func (t tile) fits(s *stage, out unet.Tensor, n int) bool {
	threads, rows, lines := t.cq*t.rows(), t.th, out.H
	if s.Kernel == kernels.Conv1x1 {
		rows, lines = 4*t.th, n*out.H*out.W
	}
	c := t.constants(s)
	return threads >= fewThreads && threads <= workgroupThreads && 16*(c["STAGED"]+c["TAPS"]) <= workgroupMemory &&
		rows < 2*lines && lines <= rows*webgpu.MaxWorkgroups && (t.cq == 1 || 2*t.cq < out.C)
}

// variants are the tiles that may be quicker than a stage's, which is the first.
func (t tile) variants(s *stage, out unet.Tensor, n int) []tile {
	list := []tile{t}
	for _, v := range []tile{
		{t.qx, t.th, t.cq, !t.two}, {t.qx, 2 * t.th, t.cq, true}, {t.qx, t.th / 2, t.cq, false},
		{t.qx, t.th, 2 * t.cq, t.two}, {t.qx, t.th, t.cq / 2, t.two}, {t.qx, 2 * t.th, t.cq / 2, t.two},
	} {
		if v.fits(s, out, n) && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// String is what tunings call a tile: "2x8x16", "2x8x16 two".
func (t tile) String() string {
	text := strconv.Itoa(t.qx) + "x" + strconv.Itoa(t.th) + "x" + strconv.Itoa(t.cq)
	if t.two {
		text += " two"
	}
	return text
}
