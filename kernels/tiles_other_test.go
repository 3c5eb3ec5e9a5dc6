//go:build !goexperiment.simd || !amd64

package kernels

// extraTiles: there is one micro-kernel besides the scalar one at most.
func extraTiles() []tile { return nil }
