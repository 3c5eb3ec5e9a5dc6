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

// checkTile panics where a tile would read outside: the loops below use bare pointers.
func checkTile(s []float32, offs []int, span int, panel []float32, size int) {
	for _, o := range offs {
		_ = s[o : o+span]
	}
	_ = panel[:size]
}

// tileAVX512 is tile8x32 without its checks: 16 sums of 16 lanes for all offsets (gemm_amd64.s).
//
//go:noescape
func tileAVX512(acc, s *float32, offs *int, count, rowStride, rows, run int, panel *float32)

func tile8x32(acc []float32, s []float32, offs []int, rowStride, rows, run int, panel []float32) {
	if len(offs) == 0 {
		return
	}
	checkTile(s, offs, (rows-1)*rowStride+run, panel, rows*run*32)
	_ = acc[len(offs)*32-1]
	tileAVX512(&acc[0], &s[0], &offs[0], len(offs), rowStride, rows, run, &panel[0])
}

// tileAVX2 is tile4x16 without its checks: 8 sums of 8 lanes for all offsets (gemm_amd64.s). The compiler's form of it reaches half the
// speed: it computes an address for every access.
//
//go:noescape
func tileAVX2(acc, s *float32, offs *int, count, rowStride, rows, run int, panel *float32)

func tile4x16(acc []float32, s []float32, offs []int, rowStride, rows, run int, panel []float32) {
	if len(offs) == 0 {
		return
	}
	checkTile(s, offs, (rows-1)*rowStride+run, panel, rows*run*16)
	_ = acc[len(offs)*16-1]
	tileAVX2(&acc[0], &s[0], &offs[0], len(offs), rowStride, rows, run, &panel[0])
}
