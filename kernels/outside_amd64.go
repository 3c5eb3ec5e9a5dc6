//go:build goexperiment.simd

package kernels

// Loops in assembly (vec_amd64.s): the compiler makes every constant of the exponential anew where it is used, which takes three times as
// long as the rest.

func init() {
	if haveVec {
		outside = loops{activate: outsideActivate, exp: outsideExp}
	}
}

//go:noescape
func activateAVX2(out *float32, step int, in *float32, stride, pixels int, norm *float32, total, n int, act bool)

//go:noescape
func expAVX2(row *float32, n int, top float32, sums *[lanes]float32)

func outsideActivate(out []float32, step int, in []float32, c int, norm []float32, total int, act bool) {
	n, pixels := c&^(lanes-1), len(in)/c
	if n > 0 && pixels > 0 {
		_, _ = out[(pixels-1)*step+n-1], in[pixels*c-1]
		var table *float32
		if norm != nil {
			_ = norm[2*total+n-1]
			table = &norm[0]
		}
		activateAVX2(&out[0], 4*step, &in[0], 4*c, pixels, table, 4*total, n, act)
	}
	for i := 0; n < c && i < pixels; i++ {
		activateScalar(out[i*step+n:], in[i*c+n:(i+1)*c], from(norm, n), total, act)
	}
}

func outsideExp(row []float32, top float32) float32 {
	var sums [lanes]float32
	expAVX2(&row[0], len(row), top, &sums)
	return total(sums)
}
