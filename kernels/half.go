package kernels

import "github.com/x448/float16"

// HalfToFloat widens float16 bits exactly, subnormals included.
func HalfToFloat(bits uint16) float32 { return float16.Frombits(bits).Float32() }

// FloatToHalf rounds to the nearest float16, ties to even.
func FloatToHalf(v float32) uint16 { return float16.Fromfloat32(v).Bits() }
