package noise

import "math"

// Stream separates uses of one seed: it is the top byte of the second counter word.
type Stream uint8

// The streams.
const (
	StepNoise    Stream = 0 // noise of the step that leaves integer timestep t
	Start        Stream = 1 // x_T, with t = 0
	ForwardNoise Stream = 2 // q(x_t given x_0); the repeat's number, if any, in the next byte
	Coder        Stream = 3 // candidates of the coder
	Repaint      Stream = 4 // step noise in repeats of RePaint, the repeat's number in the next byte
	RepaintBack  Stream = 5 // noise that leads back to the beginning of a repeat, numbered likewise
)

// Normals fills out with standard normal values for one sample, in C,H,W order: block e of the counter makes elements
// 4e to 4e+3.
func Normals(out []float32, seed uint64, stream Stream, t, sample uint32) {
	Repeated(out, seed, stream, 0, t, sample)
}

// Repeated is Normals for a noise that is drawn anew at the same place: repeat 0 is Normals itself.
func Repeated(out []float32, seed uint64, stream Stream, repeat uint8, t, sample uint32) {
	var z [4]float64
	for i := range out {
		if i%4 == 0 {
			z = block(seed, uint64(stream)<<56|uint64(repeat)<<48|uint64(i/4), t, sample)
		}
		out[i] = float32(z[i%4])
	}
}

// block is four normals: two Box-Muller pairs from the four words of a Philox block.
func block(seed, position uint64, t, sample uint32) [4]float64 {
	r := Philox4x32([4]uint32{uint32(position), uint32(position >> 32), t, sample}, [2]uint32{uint32(seed), uint32(seed >> 32)})
	z0, z1 := pair(r[0], r[1])
	z2, z3 := pair(r[2], r[3])
	return [4]float64{z0, z1, z2, z3}
}

// pair is sqrt(-2 ln u1) (cos, sin)(2 pi u2) with u1 = (a+1)/2^32 and u2 = b/2^32.
func pair(a, b uint32) (cos, sin float64) {
	radius := math.Sqrt(float64(-2 * logUniform(uint64(a)+1)))
	s, c := sincosTurn(b)
	return float64(radius * c), float64(radius * s)
}

// The functions below write float64() around every product, so that no compiler fuses a product and a sum: the package
// math does not promise equal bits on all machines.

const (
	ln2Hi = 6.93147180369123816490e-01 // the upper 32 bits of ln 2: k*ln2Hi is exact
	ln2Lo = 1.90821492927058770002e-10
)

// logUniform is ln(n / 2^32) for 1 <= n <= 2^32: n = 2^k (1+f) with sqrt(1/2) <= 1+f < sqrt(2), and
// ln(1+f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f/(2+f), R a minimax polynomial (the method of the C library fdlibm).
func logUniform(n uint64) float64 {
	m, k := math.Frexp(float64(n))
	if m < math.Sqrt2/2 {
		m, k = 2*m, k-1
	}
	f := m - 1
	s := f / (2 + f)
	z := float64(s * s)
	w := float64(z * z)
	even := float64(w * (0.3999999999940941908 + float64(w*(0.2222219843214978396+float64(w*0.1531383769920937332)))))
	odd := float64(z * (0.6666666666666735130 + float64(w*(0.2857142874366239149+float64(w*(0.1818357216161805012+float64(w*0.1479819860511658591)))))))
	half := float64(0.5 * float64(f*f))
	e := float64(k - 32)
	return float64(e*ln2Hi) - ((half - (float64(s*(half+(even+odd))) + float64(e*ln2Lo))) - f)
}

// sincosTurn is sin and cos of 2 pi b/2^32. The turn is reduced exactly, in integers, to an eighth on either side of a
// quarter; polynomials of fdlibm's degree do the rest.
func sincosTurn(b uint32) (sin, cos float64) {
	quarter := (b + 1<<29) >> 30
	rest := int32(b - quarter<<30) // within [-2^29, 2^29)
	x := float64(float64(rest) * (2 * math.Pi / (1 << 32)))
	s, c := sinSmall(x), cosSmall(x)
	switch quarter & 3 {
	case 1:
		return c, -s
	case 2:
		return -s, -c
	case 3:
		return -c, s
	}
	return s, c
}

// sinSmall is sin(x) for |x| <= pi/4.
func sinSmall(x float64) float64 {
	z := float64(x * x)
	r := 8.33333333332248946124e-03 + float64(z*(-1.98412698298579493134e-04+float64(z*(2.75573137070700676789e-06+float64(z*(-2.50507602534068634195e-08+float64(z*1.58969099521155010221e-10)))))))
	return x + float64(float64(z*x)*(-1.66666666666666324348e-01+float64(z*r)))
}

// cosSmall is cos(x) for |x| <= pi/4.
func cosSmall(x float64) float64 {
	z := float64(x * x)
	r := float64(z * (4.16666666666666019037e-02 + float64(z*(-1.38888888888741095749e-03+float64(z*(2.48015872894767294178e-05+float64(z*(-2.75573143513906633035e-07+float64(z*(2.08757232129817482790e-09+float64(z*-1.13596475577881948265e-11)))))))))))
	half := float64(0.5 * z)
	w := 1 - half
	return w + ((1 - w - half) + float64(z*r))
}
