//go:build js && wasm

package webgpu

import "math"

// params is a uniform block: 32-bit words in the order of the shader's struct Params.
type params []uint32

// u appends whole numbers.
func (p *params) u(values ...int) {
	for _, v := range values {
		*p = append(*p, uint32(v))
	}
}

// f appends a float32.
func (p *params) f(v float32) { *p = append(*p, math.Float32bits(v)) }

// flag is 1 for true.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
