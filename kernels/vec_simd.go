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
	i, n := 0, len(v)
	if haveVec && n >= lanes {
		_, _, _ = mean[n-1], scale[n-1], shift[n-1]
		p, m, k, b := at(v, 0), at(mean, 0), at(scale, 0), at(shift, 0)
		for ; i+lanes <= n; i += lanes {
			storeAt(p, loadAt(p).Sub(loadAt(m)).MulAdd(loadAt(k), loadAt(b)))
			p, m, k, b = unsafe.Add(p, 4*lanes), unsafe.Add(m, 4*lanes), unsafe.Add(k, 4*lanes), unsafe.Add(b, 4*lanes)
		}
	}
	normaliseScalar(v[i:], mean[i:], scale[i:], shift[i:])
}

// silu is x*sigmoid(x) with exp(-|x|): for x >= 0 x/(1+t), below x*t/(1+t), t = exp(-|x|). Below lowest t no longer
// falls, so the product takes x as lowest there.
func silu(v []float32) {
	i := 0
	if haveVec && len(v) >= lanes {
		one, zero, low := broadcast(1), broadcast(0), broadcast(lowest)
		p := at(v, 0)
		for ; i+lanes <= len(v); i += lanes {
			x := loadAt(p)
			t := exp(zero.Sub(abs(x)))
			numerator := x.Max(zero).Add(x.Min(zero).Max(low).Mul(t))
			storeAt(p, numerator.Div(one.Add(t)))
			p = unsafe.Add(p, 4*lanes)
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

// finish writes n pixels of nr channels, stride values apart: (acc*scale + shift + residual) * mul; residual may be nil.
func finish(out []float32, stride int, acc []float32, nr, n int, scale, shift, residual []float32, mul float32) {
	if !haveVec || nr%lanes != 0 {
		for i := range n {
			finishScalar(out[i*stride:][:nr], acc[i*nr:], scale, shift, from(residual, i*stride), mul)
		}
		return
	}
	last := (n-1)*stride + nr - 1
	_, _ = out[last], acc[n*nr-1]
	if residual != nil {
		_ = residual[last]
	}
	m := broadcast(mul)
	for j := 0; j < nr; j += lanes {
		o, a, k, b := at(out, j), at(acc, j), load(scale[j:]), load(shift[j:])
		if residual == nil {
			for range n {
				storeAt(o, loadAt(a).MulAdd(k, b).Mul(m))
				o, a = unsafe.Add(o, 4*stride), unsafe.Add(a, 4*nr)
			}
			continue
		}
		r := at(residual, j)
		for range n {
			storeAt(o, loadAt(a).MulAdd(k, b).Add(loadAt(r)).Mul(m))
			o, a, r = unsafe.Add(o, 4*stride), unsafe.Add(a, 4*nr), unsafe.Add(r, 4*stride)
		}
	}
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

func loadAt(p unsafe.Pointer) vec     { return loadArray((*[lanes]float32)(p)) }
func storeAt(p unsafe.Pointer, v vec) { v.StoreArray((*[lanes]float32)(p)) }

// at is the address of s[i], for the micro-kernels, which check their ranges once a call.
func at(s []float32, i int) unsafe.Pointer { return unsafe.Pointer(&s[i]) }
