//go:build goexperiment.simd && (arm64 || wasm)

package kernels

import "simd/archsimd"

type vec = archsimd.Float32x4

const (
	lanes   = 4
	haveVec = true
)

func loadArray(p *[4]float32) vec { return archsimd.LoadFloat32x4Array(p) }
func broadcast(x float32) vec     { return archsimd.BroadcastFloat32x4(x) }
func abs(x vec) vec               { return x.Abs() }

// pow2 is 2^n for whole n in [-126, 127].
func pow2(n vec) vec {
	return n.ConvertToInt32().Add(archsimd.BroadcastInt32x4(127)).ShiftAllLeft(23).ToBits().BitsToFloat32()
}
