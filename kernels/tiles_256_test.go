//go:build goexperiment.simd && amd64

package kernels

import "simd/archsimd"

// extraTiles are the micro-kernels this machine can run but did not choose.
func extraTiles() []tile {
	if archsimd.X86.AVX512() && haveVec {
		return []tile{{"go simd avx2", 4, 16, tile4x16}}
	}
	return nil
}

func useOutside(string) (restore func()) { return func() {} }
