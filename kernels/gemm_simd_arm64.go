//go:build goexperiment.simd

package kernels

func init() { best = smallTile }
