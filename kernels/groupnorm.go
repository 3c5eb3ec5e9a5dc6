package kernels

import "math"

// GroupNormArgs is the statistics of a tensor (Wu and He 2018) folded with gain and bias. Groups are contiguous channels of the
// joined inputs and may straddle the seam between them.
type GroupNormArgs struct {
	N, H, W int
	In      [2][]float32 // NHWC; the second is nil or joined behind the first
	C       [2]int
	Groups  int
	Eps     float32
	Gain    []float32 // [C]
	Bias    []float32 // [C]
	// Film holds C values s and then C values t a sample, at Film[n*FilmStride:]; the norm becomes norm*(1+s)+t. nil for none.
	Film       []float32
	FilmStride int
	// Out is [N][3][C]: mean, scale and shift; the normalised value is (x-mean)*scale+shift.
	Out []float32
}

// PlainGroupNorm is the definition: two passes (mean, then centred squares), since E[x^2]-E[x]^2 loses everything where the mean is large.
func PlainGroupNorm(a *GroupNormArgs) {
	size := (a.C[0] + a.C[1]) / a.Groups
	for n := range a.N {
		for g := range a.Groups {
			a.fold(n, g, a.moments(n, g*size, size))
		}
	}
}

// moments is the mean and the biased variance of a group.
type moments struct{ mean, variance float64 }

func (a *GroupNormArgs) moments(n, first, size int) moments {
	count := float64(a.H * a.W * size)
	var m moments
	a.each(n, first, size, func(v float64) { m.mean += v })
	m.mean /= count
	a.each(n, first, size, func(v float64) { m.variance += (v - m.mean) * (v - m.mean) })
	m.variance /= count
	return m
}

func (a *GroupNormArgs) each(n, first, size int, f func(float64)) {
	join := ConvArgs{In: a.In, C: a.C}
	for pixel := n * a.H * a.W; pixel < (n+1)*a.H*a.W; pixel++ {
		for c := first; c < first+size; c++ {
			f(float64(join.raw(pixel, c)))
		}
	}
}

// fold writes mean, scale and shift for every channel of group g. The mean is rounded to float32; what the rounding
// loses is added to the shift, so that a small spread around a large mean keeps its digits.
func (a *GroupNormArgs) fold(n, g int, m moments) {
	channels := a.C[0] + a.C[1]
	size := channels / a.Groups
	out := a.Out[3*n*channels:][:3*channels]
	rstd := 1 / math.Sqrt(m.variance+float64(a.Eps))
	mean := float32(m.mean)
	for c := g * size; c < (g+1)*size; c++ {
		scale, shift := float64(a.Gain[c])*rstd, float64(a.Bias[c])
		if a.Film != nil {
			s := 1 + float64(a.Film[n*a.FilmStride+c])
			scale, shift = scale*s, shift*s+float64(a.Film[n*a.FilmStride+channels+c])
		}
		out[c] = mean
		out[channels+c] = float32(scale)
		out[2*channels+c] = float32(shift - (m.mean-float64(mean))*scale)
	}
}
