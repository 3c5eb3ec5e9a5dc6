//go:build !goexperiment.simd || !(amd64 || arm64 || wasm)

package kernels

func widen(out []float32, in []uint16)               { widenScalar(out, in) }
func silu(v []float32)                               { siluScalar(v) }
func softmax(row []float32)                          { Softmax(row) }
func centred(sum, squares, x, mean []float32, c int) { centredScalar(sum, squares, x, mean, c) }
func finish(out []float32, stride int, acc []float32, nr, n int, scale, shift, residual []float32, mul float32) {
	for i := range n {
		finishScalar(out[i*stride:][:nr], acc[i*nr:], scale, shift, from(residual, i*stride), mul)
	}
}
func activateRow(out []float32, step int, in []float32, c int, norm []float32, total int, act bool) {
	for i := 0; i < len(in); i += c {
		activateScalar(out[i/c*step:], in[i:i+c], norm, total, act)
	}
}
func spread(out []float32, stride int, acc []float32, nr, n int) {
	spreadScalar(out, stride, acc, nr, nr, n)
}
func transposed(out, in []float32, step, nr, n int, mul float32) int { return 0 }
func gathered(out, in []float32, step, nr, n int) {
	for i := range n {
		copy(out[i*nr:][:nr], in[i*step:])
	}
}
func products(*filtered, int, windows, int, []float32, []float32) bool { return false }
func whole(*tileProduct, []float32, []float32, []float32, *[maxNR]float32, *[maxNR]float32, float32) bool {
	return false
}
