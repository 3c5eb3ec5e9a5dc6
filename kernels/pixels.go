package kernels

import "math"

// Level is the 8-bit level of v in [-1,1]: round(clamp(v/2+0.5, 0, 1)*255), half to even. NaN is 0.
func Level(v float32) uint8 {
	u := float64(v)/2 + 0.5
	if !(u > 0) {
		return 0
	}
	return uint8(math.RoundToEven(min(u, 1) * 255))
}

// PlainPixels turns pixels of c channels (1: grey, 3: RGB) into RGBA with alpha 255, by definition.
func PlainPixels(rgba []uint8, in []float32, c int) {
	for pixel := range len(rgba) / 4 {
		v := in[pixel*c:][:c]
		out := rgba[4*pixel:][:4]
		out[0], out[1], out[2], out[3] = Level(v[0]), Level(v[c/2]), Level(v[c-1]), 255
	}
}
