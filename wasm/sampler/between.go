package sampler

import (
	"math"

	"unnoise/wasm/noise"
)

// Between noises two pictures x_0 (CHW) to the level alphaBar, as samples 0 and 1 of the seed, and mixes them: states for chains
// that begin at depth, NCHW (Ho et al. 2020, section 4.5 and figures 8 and 9). That the two keep their noise for all lambda is what
// makes a row of pictures change little by little; cfg.OneNoise does the same for the steps after it.
func Between(a, b []float32, lambdas []float64, alphaBar float64, seed uint64, depth int) []float32 {
	noised := Forward(append(append([]float32{}, a...), b...), 2, alphaBar, seed, depth, 0)
	return Mix(noised[:len(a)], noised[len(a):], lambdas)
}

// Mix is (1 - lambda) a + lambda b for every lambda.
func Mix(a, b []float32, lambdas []float64) []float32 {
	out := make([]float32, 0, len(lambdas)*len(a))
	for _, lambda := range lambdas {
		for i := range a {
			out = append(out, float32((1-lambda)*float64(a[i])+lambda*float64(b[i])))
		}
	}
	return out
}

// Arc goes from the x_T of one seed to that of another along the great circle (Shoemake 1985), so that every point is as
// long as noise is: states for chains that begin at x_T, NCHW, size values each. start is the chain's diffusion.Plan.Start.
func Arc(size int, seeds [2]uint64, lambdas []float64, start float64) []float32 {
	a, b := make([]float32, size), make([]float32, size)
	noise.Normals(a, seeds[0], noise.Start, 0, 0)
	noise.Normals(b, seeds[1], noise.Start, 0, 0)
	angle := math.Acos(min(max(dot(a, b)/math.Sqrt(dot(a, a)*dot(b, b)), -1), 1))
	out := make([]float32, 0, len(lambdas)*size)
	for _, lambda := range lambdas {
		wa, wb := 1-lambda, lambda
		if sine := math.Sin(angle); sine > 1e-6 { // else both are one vector, or opposite, and there is no one circle
			wa, wb = math.Sin((1-lambda)*angle)/sine, math.Sin(lambda*angle)/sine
		}
		for i := range a {
			out = append(out, float32(start*(wa*float64(a[i])+wb*float64(b[i]))))
		}
	}
	return out
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
