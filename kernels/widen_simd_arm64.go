//go:build goexperiment.simd

package kernels

// widen8 is widenScalar for eight values: the vector package has no widening of the upper half here.
func widen8(out *[8]float32, in *[8]uint16) { widenScalar(out[:], in[:]) }
