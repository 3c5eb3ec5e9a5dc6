//go:build !goexperiment.simd || !(amd64 || arm64 || wasm)

package kernels

func widen(out []float32, in []uint16)                   { widenScalar(out, in) }
func normalise(v, mean, scale, shift []float32)          { normaliseScalar(v, mean, scale, shift) }
func silu(v []float32)                                   { siluScalar(v) }
func softmax(row []float32)                              { Softmax(row) }
func centred(sum, squares, x, mean []float32)            { centredScalar(sum, squares, x, mean) }
func finish(out, acc, scale, shift []float32, m float32) { finishScalar(out, acc, scale, shift, m) }
func finishResidual(out, acc, scale, shift, residual []float32, m float32) {
	finishResidualScalar(out, acc, scale, shift, residual, m)
}
