//go:build goexperiment.simd && (arm64 || wasm)

package kernels

import (
	"simd/archsimd"
	"unsafe"
)

// smallTile is the micro-kernel of 128-bit lanes.
var smallTile = tile{"go simd 128", 4, 8, tile4x8}

// tile4x8 keeps 8 sums of 4 lanes, which with 2 columns of weights and the broadcasts fit in 16 vector registers. Four steps of k
// are written out on array pointers: in WebAssembly the pointers' checks and additions otherwise cost as much as the arithmetic.
//
// After the last step addresses stand behind the end; nothing is read there.
//
//go:nocheckptr
func tile4x8(acc []float32, s []float32, offs []int, rowStride, rows, run int, panel []float32) {
	last := (rows-1)*rowStride + run - 1
	_ = panel[rows*run*8-1]
	for ; len(offs) >= 4; offs, acc = offs[4:], acc[32:] {
		_, _, _, _ = s[offs[0]+last], s[offs[1]+last], s[offs[2]+last], s[offs[3]+last]
		var a0, a1, b0, b1, c0, c1, d0, d1 archsimd.Float32x4
		w := at(panel, 0)
		for row := range rows {
			a, b := at(s, offs[0]+row*rowStride), at(s, offs[1]+row*rowStride)
			c, d := at(s, offs[2]+row*rowStride), at(s, offs[3]+row*rowStride)
			left := run
			for ; left >= 4; left -= 4 {
				pa, pb, pc, pd, pw := (*[4]float32)(a), (*[4]float32)(b), (*[4]float32)(c), (*[4]float32)(d), (*[32]float32)(w)
				w0, w1 := loadArray((*[4]float32)(pw[0:])), loadArray((*[4]float32)(pw[4:]))
				x, y, z, v := broadcast(pa[0]), broadcast(pb[0]), broadcast(pc[0]), broadcast(pd[0])
				a0, a1, b0, b1 = x.MulAdd(w0, a0), x.MulAdd(w1, a1), y.MulAdd(w0, b0), y.MulAdd(w1, b1)
				c0, c1, d0, d1 = z.MulAdd(w0, c0), z.MulAdd(w1, c1), v.MulAdd(w0, d0), v.MulAdd(w1, d1)
				w0, w1 = loadArray((*[4]float32)(pw[8:])), loadArray((*[4]float32)(pw[12:]))
				x, y, z, v = broadcast(pa[1]), broadcast(pb[1]), broadcast(pc[1]), broadcast(pd[1])
				a0, a1, b0, b1 = x.MulAdd(w0, a0), x.MulAdd(w1, a1), y.MulAdd(w0, b0), y.MulAdd(w1, b1)
				c0, c1, d0, d1 = z.MulAdd(w0, c0), z.MulAdd(w1, c1), v.MulAdd(w0, d0), v.MulAdd(w1, d1)
				w0, w1 = loadArray((*[4]float32)(pw[16:])), loadArray((*[4]float32)(pw[20:]))
				x, y, z, v = broadcast(pa[2]), broadcast(pb[2]), broadcast(pc[2]), broadcast(pd[2])
				a0, a1, b0, b1 = x.MulAdd(w0, a0), x.MulAdd(w1, a1), y.MulAdd(w0, b0), y.MulAdd(w1, b1)
				c0, c1, d0, d1 = z.MulAdd(w0, c0), z.MulAdd(w1, c1), v.MulAdd(w0, d0), v.MulAdd(w1, d1)
				w0, w1 = loadArray((*[4]float32)(pw[24:])), loadArray((*[4]float32)(pw[28:]))
				x, y, z, v = broadcast(pa[3]), broadcast(pb[3]), broadcast(pc[3]), broadcast(pd[3])
				a0, a1, b0, b1 = x.MulAdd(w0, a0), x.MulAdd(w1, a1), y.MulAdd(w0, b0), y.MulAdd(w1, b1)
				c0, c1, d0, d1 = z.MulAdd(w0, c0), z.MulAdd(w1, c1), v.MulAdd(w0, d0), v.MulAdd(w1, d1)
				a, b, c, d, w = unsafe.Add(a, 16), unsafe.Add(b, 16), unsafe.Add(c, 16), unsafe.Add(d, 16), unsafe.Add(w, 128)
			}
			for range left {
				pw := (*[8]float32)(w)
				w0, w1 := loadArray((*[4]float32)(pw[0:])), loadArray((*[4]float32)(pw[4:]))
				x, y, z, v := broadcast(*(*float32)(a)), broadcast(*(*float32)(b)), broadcast(*(*float32)(c)), broadcast(*(*float32)(d))
				a0, a1, b0, b1 = x.MulAdd(w0, a0), x.MulAdd(w1, a1), y.MulAdd(w0, b0), y.MulAdd(w1, b1)
				c0, c1, d0, d1 = z.MulAdd(w0, c0), z.MulAdd(w1, c1), v.MulAdd(w0, d0), v.MulAdd(w1, d1)
				a, b, c, d, w = unsafe.Add(a, 4), unsafe.Add(b, 4), unsafe.Add(c, 4), unsafe.Add(d, 4), unsafe.Add(w, 32)
			}
		}
		out := (*[32]float32)(acc)
		a0.StoreArray((*[4]float32)(out[0:]))
		a1.StoreArray((*[4]float32)(out[4:]))
		b0.StoreArray((*[4]float32)(out[8:]))
		b1.StoreArray((*[4]float32)(out[12:]))
		c0.StoreArray((*[4]float32)(out[16:]))
		c1.StoreArray((*[4]float32)(out[20:]))
		d0.StoreArray((*[4]float32)(out[24:]))
		d1.StoreArray((*[4]float32)(out[28:]))
	}
}
