//go:build goexperiment.simd

package kernels

import "simd/archsimd"

// widen8 is widenScalar for eight values.
func widen8(out *[8]float32, in *[8]uint16) {
	mask, scale := archsimd.BroadcastUint32x4(0x8fffe000), broadcast(0x1p112)
	h := archsimd.LoadUint16x8Array(in).BitsToInt16()
	lo, hi := h.ExtendLo4ToInt32(), h.ExtendHi4ToInt32()
	lo.ShiftAllLeft(13).ToBits().And(mask).BitsToFloat32().Mul(scale).StoreArray((*[4]float32)(out[:4]))
	hi.ShiftAllLeft(13).ToBits().And(mask).BitsToFloat32().Mul(scale).StoreArray((*[4]float32)(out[4:]))
}
