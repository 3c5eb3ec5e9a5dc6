//go:build goexperiment.simd && (arm64 || wasm)

package kernels

import (
	"simd/archsimd"
	"unsafe"
)

func init() { best = tile{"go simd 128", 2, 16, tile2x16} }

// tile2x16 keeps 8 sums of 4 lanes: with 4 columns of weights and 2 pixels that is all of 16 vector registers.
func tile2x16(acc []float32, s []float32, offs []int, rowStride, rows, run int, panel []float32) {
	last := (rows-1)*rowStride + run - 1
	_, _, _ = s[offs[0]+last], s[offs[1]+last], panel[rows*run*16-1]
	var a0, a1, a2, a3, b0, b1, b2, b3 archsimd.Float32x4
	w := at(panel, 0)
	for row := range rows {
		a, b := at(s, offs[0]+row*rowStride), at(s, offs[1]+row*rowStride)
		for range run {
			x, y := archsimd.BroadcastFloat32x4(*(*float32)(a)), archsimd.BroadcastFloat32x4(*(*float32)(b))
			w0 := archsimd.LoadFloat32x4Array((*[4]float32)(w))
			w1 := archsimd.LoadFloat32x4Array((*[4]float32)(unsafe.Add(w, 16)))
			w2 := archsimd.LoadFloat32x4Array((*[4]float32)(unsafe.Add(w, 32)))
			w3 := archsimd.LoadFloat32x4Array((*[4]float32)(unsafe.Add(w, 48)))
			a0, a1, a2, a3 = x.MulAdd(w0, a0), x.MulAdd(w1, a1), x.MulAdd(w2, a2), x.MulAdd(w3, a3)
			b0, b1, b2, b3 = y.MulAdd(w0, b0), y.MulAdd(w1, b1), y.MulAdd(w2, b2), y.MulAdd(w3, b3)
			a, b, w = unsafe.Add(a, 4), unsafe.Add(b, 4), unsafe.Add(w, 64)
		}
	}
	out := (*[32]float32)(acc)
	a0.StoreArray((*[4]float32)(out[0:]))
	a1.StoreArray((*[4]float32)(out[4:]))
	a2.StoreArray((*[4]float32)(out[8:]))
	a3.StoreArray((*[4]float32)(out[12:]))
	b0.StoreArray((*[4]float32)(out[16:]))
	b1.StoreArray((*[4]float32)(out[20:]))
	b2.StoreArray((*[4]float32)(out[24:]))
	b3.StoreArray((*[4]float32)(out[28:]))
}
