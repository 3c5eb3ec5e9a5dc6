package main

import "math"

// The small loops around the products, as kernels/vec_plain.go defines them. Numbers of values are multiples of the 4 lanes; steps are in
// bytes where a name does not say otherwise.

// widen is
//
//	widen(out, in, n)
//
// n float16 values at in to float32 at out.
func widen(fused bool) *function {
	const out, in, n = 0, 1, 2
	f := newFunction("widen", fused, i32, i32, i32)
	f.constants(widening...)
	f.times(n, 4, func() {
		f.store(out, 0, f.halves(in))
		f.move(in, 8)
		f.move(out, 16)
	})
	return f
}

// widening are the constants of halves: a factor, and the bits that it keeps.
var widening = []float32{0x1p112, math.Float32frombits(0x8fffe000)}

// halves is the float32 values of the 4 float16 at an address.
func (f *function) halves(address int) expr {
	bits := func() {
		f.get(address)
		f.access(vLoad16x4, 0)
		f.number(13)
		f.simd(vShlI32)
		f.lanes(widening[1])()
		f.simd(vAnd)
	}
	return f.mul(bits, f.lanes(0x1p112))
}

// exponential makes e^x, e^-x where negative, for |x| <= -lowest to 1e-7 relative: x = n ln 2 + r with |r| <= ln(2)/2, a polynomial of degree
// 6 in r, and n added to the exponent's bits. Sum and difference with magic round to a whole number, which then stands in the sum's lowest bits.
type exponential struct{ negative bool }

// lowest is where exp stops falling, as kernels' exp does.
const (
	lowest = -87.3
	magic  = 0x1.8p23
)

// expCoefficients are those of e^r, from r^6 to r^0: 1, r, and what meets the rest in Chebyshev's points, 1e-8 off.
var expCoefficients = []float32{1.3926178e-3, 8.363174e-3, 4.1666556e-2, 0.16666578, 0.5, 1, 1}

// signed is x, or -x for e^-x.
func (e exponential) signed(x float32) float32 {
	if e.negative {
		return -x
	}
	return x
}

// coefficients are those of e^r or e^-r.
func (e exponential) coefficients() []float32 {
	list := append([]float32{}, expCoefficients...)
	for i := 1; i < len(list); i += 2 {
		list[i] = e.signed(list[i])
	}
	return list
}

// constants are what of needs.
func (e exponential) constants() []float32 {
	return append(e.coefficients(), 0, 1, lowest, -lowest, magic, e.signed(1.44269504), e.signed(-0.693359375), e.signed(2.12194440e-4))
}

func (e exponential) of(f *function, x expr) expr {
	t := f.vec(f.madd(x, f.lanes(e.signed(1.44269504)), f.lanes(magic)))
	n := f.vec(f.sub(t, f.lanes(magic)))
	r := f.vec(f.madd(n, f.lanes(e.signed(2.12194440e-4)), f.madd(n, f.lanes(e.signed(-0.693359375)), x)))
	list := e.coefficients()
	p := f.lanes(list[0])
	for _, c := range list[1:] {
		p = f.madd(p, r, f.lanes(c))
	}
	return f.two(vAddI32, p, func() { t(); f.number(23); f.simd(vShlI32) })
}

// silu is kernels' SiLU, x / (1 + e^-x). Below lowest neither falls any more. NaN stays NaN: no number is less.
func (f *function) silu(x expr) expr {
	x = f.vec(f.two(vLarger, x, f.lanes(lowest)))
	e := exponential{negative: true}.of(f, f.vec(f.two(vLess, x, f.lanes(-lowest))))
	return f.two(vDiv, x, f.add(f.lanes(1), e))
}

// activate is
//
//	activate(out, step, in, stride, pixels, norm, total, n, silu)
//
// act((x - mean) * scale + shift) for n channels of pixels. norm holds the means, scales and shifts, total apart, or is 0.
func activate(fused bool) *function {
	const out, step, in, stride, pixels, norm, total, n, act = 0, 1, 2, 3, 4, 5, 6, 7, 8
	f := newFunction("activate", fused, i32, i32, i32, i32, i32, i32, i32, i32, i32)
	p, q, m, k, b, left := f.local(1, i32), f.local(1, i32), f.local(1, i32), f.local(1, i32), f.local(1, i32), f.local(1, i32)
	x := f.local(1, v128)
	f.constants(exponential{negative: true}.constants()...)
	f.times(pixels, 1, func() {
		f.copy(p, in)
		f.copy(q, out)
		f.copy(m, norm)
		f.sum(k, m, total, 0)
		f.sum(b, k, total, 0)
		f.copy(left, n)
		f.times(left, 4, func() {
			f.let(x, f.load(p, 0))
			f.get(norm)
			f.when(func() {
				f.let(x, f.madd(f.sub(f.v(x), f.load(m, 0)), f.load(k, 0), f.load(b, 0)))
				f.move(m, 16)
				f.move(k, 16)
				f.move(b, 16)
			})
			f.get(act)
			f.when(func() { f.let(x, f.silu(f.v(x))) })
			f.store(q, 0, f.v(x))
			f.move(p, 16)
			f.move(q, 16)
		})
		f.sum(in, in, stride, 0)
		f.sum(out, out, step, 0)
	})
	return f
}

// finish is
//
//	finish(out, step, acc, pixels, scale, shift, residual, mul)
//
// (acc*scale + shift + residual) * mul for pixels of a tile's channels; residual is 0 or goes like out.
func finish(fused bool) *function {
	const out, step, acc, pixels, scale, shift, residual, factor = 0, 1, 2, 3, 4, 5, 6, 7
	f := newFunction("finish", fused, i32, i32, i32, i32, i32, i32, i32, f32)
	m := f.vec(func() { f.get(factor); f.simd(vSplatF32) })
	var ks, bs []expr
	for j := range nv {
		ks, bs = append(ks, f.vec(f.load(scale, 16*j))), append(bs, f.vec(f.load(shift, 16*j)))
	}
	x := f.local(1, v128)
	f.times(pixels, 1, func() {
		for j := range nv {
			f.let(x, f.madd(f.load(acc, 16*j), ks[j], bs[j]))
			f.get(residual)
			f.when(func() { f.let(x, f.add(f.v(x), f.load(residual, 16*j))) })
			f.store(out, 16*j, f.mul(f.v(x), m))
		}
		f.get(residual)
		f.when(func() { f.sum(residual, residual, step, 0) })
		f.sum(out, out, step, 0)
		f.move(acc, 16*nv)
	})
	return f
}

// centred is
//
//	centred(sum, squares, x, mean, stride, pixels, n)
//
// the sums of x - mean and of its square are added to, for n channels over all pixels.
func centred(fused bool) *function {
	const sum, squares, x, mean, stride, pixels, n = 0, 1, 2, 3, 4, 5, 6
	f := newFunction("centred", fused, i32, i32, i32, i32, i32, i32, i32)
	p, left := f.local(1, i32), f.local(1, i32)
	s, q, m, d := f.local(1, v128), f.local(1, v128), f.local(1, v128), f.local(1, v128)
	f.times(n, 4, func() {
		f.let(s, f.load(sum, 0))
		f.let(q, f.load(squares, 0))
		f.let(m, f.load(mean, 0))
		f.copy(p, x)
		f.copy(left, pixels)
		f.times(left, 1, func() {
			f.let(d, f.sub(f.load(p, 0), f.v(m)))
			f.let(s, f.add(f.v(s), f.v(d)))
			f.let(q, f.madd(f.v(d), f.v(d), f.v(q)))
			f.sum(p, p, stride, 0)
		})
		f.store(sum, 0, f.v(s))
		f.store(squares, 0, f.v(q))
		for _, local := range []int{sum, squares, mean, x} {
			f.move(local, 16)
		}
	})
	return f
}

// softmax is
//
//	softmax(row, n, rows, stride)
//
// of rows of n values.
func softmax(fused bool) *function {
	const row, n, rows, stride = 0, 1, 2, 3
	f := newFunction("softmax", fused, i32, i32, i32, i32)
	p, left := f.local(1, i32), f.local(1, i32)
	top, sum, e := f.local(1, v128), f.local(1, v128), f.local(1, v128)
	f.constants(exponential{}.constants()...)
	pass := func(body func()) {
		f.copy(p, row)
		f.copy(left, n)
		f.times(left, 4, func() { body(); f.move(p, 16) })
	}
	f.times(rows, 1, func() {
		f.let(top, f.load(row, 0))
		pass(func() { f.let(top, f.two(vLarger, f.v(top), f.load(p, 0))) })
		f.across(vLarger, top)
		f.let(sum, f.lanes(0))
		pass(func() {
			f.let(e, exponential{}.of(f, f.vec(f.two(vLarger, f.sub(f.load(p, 0), f.v(top)), f.lanes(lowest)))))
			f.store(p, 0, f.v(e))
			f.let(sum, f.add(f.v(sum), f.v(e)))
		})
		f.across(vAdd, sum)
		f.let(sum, f.two(vDiv, f.lanes(1), f.v(sum)))
		pass(func() { f.store(p, 0, f.mul(f.load(p, 0), f.v(sum))) })
		f.sum(row, row, stride, 0)
	})
	return f
}

// across puts the largest lane, or the sum of all, into every lane of a local.
func (f *function) across(op, local int) {
	for _, turn := range []int{2, 1} {
		f.let(local, f.two(op, f.v(local), f.pick(local, local, turn, (1+turn)%4, (2+turn)%4, (3+turn)%4)))
	}
}

// rows is
//
//	rows(out, outStep, in, inStep, n)
//
// n rows of a tile's channels copied.
func rows(fused bool) *function {
	const out, outStep, in, inStep, n = 0, 1, 2, 3, 4
	f := newFunction("rows", fused, i32, i32, i32, i32, i32)
	f.times(n, 1, func() {
		for j := range nv {
			f.store(out, 16*j, f.load(in, 16*j))
		}
		f.sum(in, in, inStep, 0)
		f.sum(out, out, outStep, 0)
	})
	return f
}

// transpose is
//
//	transpose(out, in, step, n, mul)
//
// out[i][j] = in[j][i] * mul for n columns of as many rows as a tile has channels.
func transpose(fused bool) *function {
	const out, in, step, n, factor = 0, 1, 2, 3, 4
	f := newFunction("transpose", fused, i32, i32, i32, i32, f32)
	p, x := f.local(1, i32), f.local(8, v128)
	m := f.vec(func() { f.get(factor); f.simd(vSplatF32) })
	f.times(n, 4, func() {
		f.copy(p, in)
		for j := range nv {
			for row := range 4 {
				f.let(x+row, f.mul(f.load(p, 0), m))
				f.sum(p, p, step, 0)
			}
			// Pairs of rows interleaved, then pairs of pairs.
			for pair := range 2 {
				f.let(x+4+2*pair, f.pick(x+2*pair, x+2*pair+1, 0, 4, 1, 5))
				f.let(x+5+2*pair, f.pick(x+2*pair, x+2*pair+1, 2, 6, 3, 7))
			}
			for half := range 2 {
				f.store(out, 16*(2*half*nv+j), f.pick(x+4+half, x+6+half, 0, 1, 4, 5))
				f.store(out, 16*((2*half+1)*nv+j), f.pick(x+4+half, x+6+half, 2, 3, 6, 7))
			}
		}
		f.move(in, 16)
		f.move(out, 4*16*nv)
	})
	return f
}

// pick is four lanes of those of a (0 to 3) and b (4 to 7).
func (f *function) pick(a, b int, lanes ...int) expr {
	var bytes []byte
	for _, lane := range lanes {
		for i := range 4 {
			bytes = append(bytes, byte(4*lane+i))
		}
	}
	return func() {
		f.get(a)
		f.get(b)
		f.simd(vShuffle, bytes...)
	}
}
