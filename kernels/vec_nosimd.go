//go:build !goexperiment.simd || !(amd64 || arm64 || wasm)

package kernels

func widen(out []float32, in []uint16)          { widenScalar(out, in) }
func normalise(v, mean, scale, shift []float32) { normaliseScalar(v, mean, scale, shift) }
func silu(v []float32)                          { siluScalar(v) }
func softmax(row []float32)                     { Softmax(row) }
func centred(sum, squares, x, mean []float32)   { centredScalar(sum, squares, x, mean) }
func finish(out []float32, stride int, acc []float32, nr, n int, scale, shift, residual []float32, mul float32) {
	for i := range n {
		finishScalar(out[i*stride:][:nr], acc[i*nr:], scale, shift, from(residual, i*stride), mul)
	}
}
