//go:build goexperiment.simd && amd64

package kernels

import (
	"simd/archsimd"
	"unsafe"
)

func init() {
	switch {
	case archsimd.X86.AVX512():
		best = tile{"go simd avx512", 8, 32, repeated(8, 32, tile8x32)}
	case haveVec:
		best = tile{"go simd avx2", 4, 16, tile4x16}
	}
}

// checkTile panics where a tile would read outside: the loops below use bare pointers.
func checkTile(s []float32, offs []int, span int, panel []float32, size int) {
	for _, o := range offs {
		_ = s[o : o+span]
	}
	_ = panel[:size]
}

// tile8x32 keeps 16 sums of 16 lanes; weights and broadcasts fit in the other registers.
//
// After the last step addresses stand behind the end; nothing is read there.
//
//go:nocheckptr
func tile8x32(acc []float32, s []float32, offs []int, rowStride, rows, run int, panel []float32) {
	checkTile(s, offs[:8], (rows-1)*rowStride+run, panel, rows*run*32)
	var c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51, c60, c61, c70, c71 archsimd.Float32x16
	w := at(panel, 0)
	for row := range rows {
		p0 := at(s, offs[0]+row*rowStride)
		p1 := at(s, offs[1]+row*rowStride)
		p2 := at(s, offs[2]+row*rowStride)
		p3 := at(s, offs[3]+row*rowStride)
		p4 := at(s, offs[4]+row*rowStride)
		p5 := at(s, offs[5]+row*rowStride)
		p6 := at(s, offs[6]+row*rowStride)
		p7 := at(s, offs[7]+row*rowStride)
		for range run {
			w0 := archsimd.LoadFloat32x16Array((*[16]float32)(w))
			w1 := archsimd.LoadFloat32x16Array((*[16]float32)(unsafe.Add(w, 64)))
			x0 := archsimd.BroadcastFloat32x16(*(*float32)(p0))
			c00, c01 = x0.MulAdd(w0, c00), x0.MulAdd(w1, c01)
			x1 := archsimd.BroadcastFloat32x16(*(*float32)(p1))
			c10, c11 = x1.MulAdd(w0, c10), x1.MulAdd(w1, c11)
			x2 := archsimd.BroadcastFloat32x16(*(*float32)(p2))
			c20, c21 = x2.MulAdd(w0, c20), x2.MulAdd(w1, c21)
			x3 := archsimd.BroadcastFloat32x16(*(*float32)(p3))
			c30, c31 = x3.MulAdd(w0, c30), x3.MulAdd(w1, c31)
			x4 := archsimd.BroadcastFloat32x16(*(*float32)(p4))
			c40, c41 = x4.MulAdd(w0, c40), x4.MulAdd(w1, c41)
			x5 := archsimd.BroadcastFloat32x16(*(*float32)(p5))
			c50, c51 = x5.MulAdd(w0, c50), x5.MulAdd(w1, c51)
			x6 := archsimd.BroadcastFloat32x16(*(*float32)(p6))
			c60, c61 = x6.MulAdd(w0, c60), x6.MulAdd(w1, c61)
			x7 := archsimd.BroadcastFloat32x16(*(*float32)(p7))
			c70, c71 = x7.MulAdd(w0, c70), x7.MulAdd(w1, c71)
			p0, p1, p2, p3, p4, p5, p6, p7 = unsafe.Add(p0, 4), unsafe.Add(p1, 4), unsafe.Add(p2, 4), unsafe.Add(p3, 4), unsafe.Add(p4, 4), unsafe.Add(p5, 4), unsafe.Add(p6, 4), unsafe.Add(p7, 4)
			w = unsafe.Add(w, 128)
		}
	}
	out := (*[256]float32)(acc)
	c00.StoreArray((*[16]float32)(out[0:]))
	c01.StoreArray((*[16]float32)(out[16:]))
	c10.StoreArray((*[16]float32)(out[32:]))
	c11.StoreArray((*[16]float32)(out[48:]))
	c20.StoreArray((*[16]float32)(out[64:]))
	c21.StoreArray((*[16]float32)(out[80:]))
	c30.StoreArray((*[16]float32)(out[96:]))
	c31.StoreArray((*[16]float32)(out[112:]))
	c40.StoreArray((*[16]float32)(out[128:]))
	c41.StoreArray((*[16]float32)(out[144:]))
	c50.StoreArray((*[16]float32)(out[160:]))
	c51.StoreArray((*[16]float32)(out[176:]))
	c60.StoreArray((*[16]float32)(out[192:]))
	c61.StoreArray((*[16]float32)(out[208:]))
	c70.StoreArray((*[16]float32)(out[224:]))
	c71.StoreArray((*[16]float32)(out[240:]))
}

// tileAVX2 is tile4x16 without its checks: 8 sums of 8 lanes for all offsets (gemm_amd64.s). The compiler's form of it reaches half the
// speed: it computes an address for every access.
//
//go:noescape
func tileAVX2(acc, s *float32, offs *int, count, rowStride, rows, run int, panel *float32)

func tile4x16(acc []float32, s []float32, offs []int, rowStride, rows, run int, panel []float32) {
	if len(offs) == 0 {
		return
	}
	checkTile(s, offs, (rows-1)*rowStride+run, panel, rows*run*16)
	_ = acc[len(offs)*16-1]
	tileAVX2(&acc[0], &s[0], &offs[0], len(offs), rowStride, rows, run, &panel[0])
}
