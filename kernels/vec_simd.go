//go:build goexperiment.simd && (amd64 || arm64 || wasm)

package kernels

import "unsafe"

// Vector forms of the small loops around the products. vec, its lane count and the few operations that differ between
// machines come from vec_simd_128.go and vec_simd_256.go; haveVec is false on an amd64 without AVX2 and FMA.

func widen(out []float32, in []uint16) {
	i := 0
	if haveVec {
		for ; i+8 <= len(in); i += 8 {
			widen8((*[8]float32)(out[i:]), (*[8]uint16)(in[i:]))
		}
	}
	widenScalar(out[i:], in[i:])
}

func normalise(v, mean, scale, shift []float32) {
	i := 0
	if haveVec {
		for ; i+lanes <= len(v); i += lanes {
			store(v[i:], load(v[i:]).Sub(load(mean[i:])).MulAdd(load(scale[i:]), load(shift[i:])))
		}
	}
	normaliseScalar(v[i:], mean[i:], scale[i:], shift[i:])
}

// silu is x*sigmoid(x) with exp(-|x|): for x >= 0 x/(1+t), below x*t/(1+t), t = exp(-|x|). Below lowest t no longer
// falls, so the product takes x as lowest there.
func silu(v []float32) {
	i := 0
	if haveVec {
		one := broadcast(1)
		zero, low := broadcast(0), broadcast(lowest)
		for ; i+lanes <= len(v); i += lanes {
			x := load(v[i:])
			t := exp(zero.Sub(abs(x)))
			numerator := x.Max(zero).Add(x.Min(zero).Max(low).Mul(t))
			store(v[i:], numerator.Div(one.Add(t)))
		}
	}
	siluScalar(v[i:])
}

// softmax is Softmax; the tail of the row goes through the scalar exponential.
func softmax(row []float32) {
	if !haveVec || len(row) < lanes {
		Softmax(row)
		return
	}
	whole := len(row) - len(row)%lanes
	top := largest(row, whole)
	tops, sums := broadcast(top), broadcast(0)
	for i := 0; i < whole; i += lanes {
		e := exp(load(row[i:]).Sub(tops))
		store(row[i:], e)
		sums = sums.Add(e)
	}
	sum := expSum(row[whole:], top)
	for _, p := range parts(sums) {
		sum += p
	}
	scale := broadcast(1 / sum)
	for i := 0; i < whole; i += lanes {
		store(row[i:], load(row[i:]).Mul(scale))
	}
	for i := whole; i < len(row); i++ {
		row[i] /= sum
	}
}

// largest is the largest entry of row, whose first whole entries fill vectors.
func largest(row []float32, whole int) float32 {
	tops := load(row)
	for i := lanes; i < whole; i += lanes {
		tops = tops.Max(load(row[i:]))
	}
	top := row[0]
	for _, p := range parts(tops) {
		top = max(top, p)
	}
	for _, x := range row[whole:] {
		top = max(top, x)
	}
	return top
}

func parts(v vec) (p [lanes]float32) {
	v.StoreArray(&p)
	return p
}

func centred(sum, squares, x, mean []float32) {
	i := 0
	if haveVec {
		for ; i+lanes <= len(x); i += lanes {
			d := load(x[i:]).Sub(load(mean[i:]))
			store(sum[i:], load(sum[i:]).Add(d))
			store(squares[i:], d.MulAdd(d, load(squares[i:])))
		}
	}
	centredScalar(sum[i:], squares[i:], x[i:], mean[i:])
}

func finish(out, acc, scale, shift []float32, mul float32) {
	i := 0
	if haveVec {
		m := broadcast(mul)
		for ; i+lanes <= len(out); i += lanes {
			store(out[i:], load(acc[i:]).MulAdd(load(scale[i:]), load(shift[i:])).Mul(m))
		}
	}
	finishScalar(out[i:], acc[i:], scale[i:], shift[i:], mul)
}

func finishResidual(out, acc, scale, shift, residual []float32, mul float32) {
	i := 0
	if haveVec {
		m := broadcast(mul)
		for ; i+lanes <= len(out); i += lanes {
			sum := load(acc[i:]).MulAdd(load(scale[i:]), load(shift[i:])).Add(load(residual[i:]))
			store(out[i:], sum.Mul(m))
		}
	}
	finishResidualScalar(out[i:], acc[i:], scale[i:], shift[i:], residual[i:], mul)
}

// lowest is where exp stops falling: the logarithm of the smallest normal number.
const lowest = -87.3

// exp is e^x for x <= 0 to 1e-7 relative: x = n ln 2 + r with |r| <= ln(2)/2, a polynomial of degree 7 in r, and 2^n
// put into the exponent. Below lowest the result is the smallest normal number or near it, which is as good as 0 here.
// NaN stays NaN: where one operand is NaN, amd64's maximum is its second.
func exp(x vec) vec {
	x = broadcast(lowest).Max(x)
	n := x.Mul(broadcast(1.44269504)).Round()
	r := n.MulAdd(broadcast(-0.693359375), x)
	r = n.MulAdd(broadcast(2.12194440e-4), r)
	p := broadcast(1.0 / 5040)
	p = p.MulAdd(r, broadcast(1.0/720))
	p = p.MulAdd(r, broadcast(1.0/120))
	p = p.MulAdd(r, broadcast(1.0/24))
	p = p.MulAdd(r, broadcast(1.0/6))
	p = p.MulAdd(r, broadcast(0.5))
	p = p.MulAdd(r, broadcast(1))
	p = p.MulAdd(r, broadcast(1))
	return p.Mul(pow2(n))
}

func load(s []float32) vec     { return loadArray((*[lanes]float32)(s)) }
func store(s []float32, v vec) { v.StoreArray((*[lanes]float32)(s)) }

// at is the address of s[i], for the micro-kernels, which check their ranges once a call.
func at(s []float32, i int) unsafe.Pointer { return unsafe.Pointer(&s[i]) }
