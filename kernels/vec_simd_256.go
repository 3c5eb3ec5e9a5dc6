//go:build goexperiment.simd && amd64

package kernels

import "simd/archsimd"

type vec = archsimd.Float32x8

const lanes = 8

var haveVec = archsimd.X86.AVX2() && archsimd.X86.FMA()

func loadArray(p *[8]float32) vec { return archsimd.LoadFloat32x8Array(p) }
func broadcast(x float32) vec     { return archsimd.BroadcastFloat32x8(x) }
func abs(x vec) vec               { return x.Max(broadcast(0).Sub(x)) }

// pow2 is 2^n for whole n in [-126, 127].
func pow2(n vec) vec {
	return n.ConvertToInt32().Add(archsimd.BroadcastInt32x8(127)).ShiftAllLeft(23).ToBits().BitsToFloat32()
}

// widen8 is widenScalar for eight values.
func widen8(out *[8]float32, in *[8]uint16) {
	h := archsimd.LoadUint16x8Array(in).BitsToInt16().ExtendToInt32().ShiftAllLeft(13).ToBits()
	h.And(archsimd.BroadcastUint32x8(0x8fffe000)).BitsToFloat32().Mul(broadcast(0x1p112)).StoreArray(out)
}
