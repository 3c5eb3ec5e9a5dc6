//go:build !goexperiment.simd || !(amd64 || wasm)

package kernels

// extraTiles: there is one micro-kernel besides the scalar one at most.
func extraTiles() []tile { return nil }

func useOutside(string) (restore func()) { return func() {} }
