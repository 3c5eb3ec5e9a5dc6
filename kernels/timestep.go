package kernels

import "math"

// Timestep fills out with the sinusoidal embedding of t (Vaswani et al. 2017, as in Ho et al. 2020):
// sin and cos of t*f_i, f_i = exp(-ln(10000) i / (half - shift)), half = len(out)/2. An odd last value is 0.
// It is computed in float64: a float32 sinusoid is off by up to 3e-5 at t = 999.
func Timestep(out []float32, t float64, cosFirst bool, shift float64) {
	half := len(out) / 2
	clear(out)
	for i := range half {
		f := math.Exp(-math.Log(10000) * float64(i) / (float64(half) - shift))
		sin, cos := math.Sincos(t * f)
		if cosFirst {
			sin, cos = cos, sin
		}
		out[i], out[half+i] = float32(sin), float32(cos)
	}
}
