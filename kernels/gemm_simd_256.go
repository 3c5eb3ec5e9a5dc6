//go:build goexperiment.simd && amd64

package kernels

import "simd/archsimd"

func init() {
	switch {
	case archsimd.X86.AVX512():
		best = tile{"go simd avx512", 8, 32, tile8x32}
	case haveVec:
		best = tile{"go simd avx2", 4, 16, tile4x16}
	}
}

// tile4x16 and tile8x32 are the assembly's loops behind checks of all they read and write.
var (
	tile4x16 = checked(16, tileAVX2)
	tile8x32 = checked(32, tileAVX512)
)

// The loops of gemm_amd64.s, 8 sums of 8 lanes and 16 of 16, for all offsets. The compiler's forms of them reach half the speed, and a quarter
// with AVX-512: it computes an address for every access.

//go:noescape
func tileAVX2(acc, s *float32, offs *int, count, rowStride, rows, run int, panel *float32)

//go:noescape
func tileAVX512(acc, s *float32, offs *int, count, rowStride, rows, run int, panel *float32)

// checked makes a micro-kernel of a loop over bare pointers: it panics where that would leave a slice.
func checked(nr int, loop func(acc, s *float32, offs *int, count, rowStride, rows, run int, panel *float32)) func([]float32, []float32, []int, int, int, int, []float32) {
	return func(acc, s []float32, offs []int, rowStride, rows, run int, panel []float32) {
		if len(offs) == 0 {
			return
		}
		span := (rows-1)*rowStride + run
		for _, o := range offs {
			_ = s[o : o+span]
		}
		_, _ = panel[rows*run*nr-1], acc[len(offs)*nr-1]
		loop(&acc[0], &s[0], &offs[0], len(offs), rowStride, rows, run, &panel[0])
	}
}
