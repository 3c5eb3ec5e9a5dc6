//go:build goexperiment.simd && (amd64 || arm64 || wasm)

package kernels

import "unsafe"

// Vector forms of the small loops around the products. vec, its lane count and the few operations that differ between
// machines come from vec_simd_128.go and vec_simd_256.go; haveVec is false on an amd64 without AVX2 and FMA.

// loops are forms of these functions that this compiler did not make.
type loops struct {
	widen    func(out []float32, in []uint16)
	activate func(out []float32, step int, in []float32, c int, norm []float32, total int, act bool)
	softmax  func(row []float32)
	exp      func(row []float32, top float32) float32 // exps
	centred  func(sum, squares, x, mean []float32, c int)
	rows     func(out []float32, outStep int, in []float32, inStep, n int) // n rows of a tile's channels
	// transpose is out[i][j] = in[j][i] * mul for as many of n columns i as it can, and says how many; j goes over a tile's channels.
	transpose func(out, in []float32, step, n int, mul float32) int
	finish    func(out []float32, stride int, acc []float32, n int, scale, shift, residual []float32, mul float32)
	// products is filtered.multiply, block windows at a time; product is the tile for many pixels and finish.
	products func(v *filtered, panels int, some windows, block int, weights, sums []float32)
	product  func(p *tileProduct, panel, out, residual []float32, scale, shift *[maxNR]float32, mul float32)
}

// outside holds those that there are.
var outside loops

func widen(out []float32, in []uint16) {
	if outside.widen != nil {
		outside.widen(out, in)
		return
	}
	i := 0
	if haveVec {
		for ; i+8 <= len(in); i += 8 {
			widen8((*[8]float32)(out[i:]), (*[8]uint16)(in[i:]))
		}
	}
	widenScalar(out[i:], in[i:])
}

// activateRow is activateScalar for pixels of c channels that become step values apart.
func activateRow(out []float32, step int, in []float32, c int, norm []float32, total int, act bool) {
	if outside.activate != nil {
		outside.activate(out, step, in, c, norm, total, act)
		return
	}
	for i, o := 0, 0; i < len(in); i, o = i+c, o+step {
		done := activateVec(out[o:], in[i:i+c], norm, total, act)
		if done < c {
			activateScalar(out[o+done:], in[i+done:i+c], from(norm, done), total, act)
		}
	}
}

// activateVec does as many channels as fill vectors, and says how many.
func activateVec(out, in, norm []float32, total int, act bool) int {
	n := len(in) / lanes * lanes
	if !haveVec || n == 0 {
		return 0
	}
	for i := 0; i < n; i += lanes {
		x := load(in[i:])
		if norm != nil {
			x = x.Sub(load(norm[i:])).MulAdd(load(norm[total+i:]), load(norm[2*total+i:]))
		}
		if act {
			x = siluVec(x)
		}
		store(out[i:], x)
	}
	return n
}

// siluVec is x*sigmoid(x) with exp(-|x|): for x >= 0 x/(1+t), below x*t/(1+t), t = exp(-|x|). Below lowest t no longer
// falls, so the product takes x as lowest there.
func siluVec(x vec) vec {
	zero := broadcast(0)
	t := exp(zero.Sub(abs(x)))
	numerator := x.Max(zero).Add(x.Min(zero).Max(broadcast(lowest)).Mul(t))
	return numerator.Div(broadcast(1).Add(t))
}

func silu(v []float32) { activateRow(v, 0, v, len(v), nil, 0, true) }

// softmax is Softmax; the tail of the row goes through the scalar exponential.
func softmax(row []float32) {
	if outside.softmax != nil && len(row)%lanes == 0 {
		outside.softmax(row)
		return
	}
	if !haveVec || len(row) < lanes {
		Softmax(row)
		return
	}
	whole := len(row) - len(row)%lanes
	top := largest(row, whole)
	exps := exps
	if outside.exp != nil {
		exps = outside.exp
	}
	sum := exps(row[:whole], top) + expSum(row[whole:], top)
	scale := broadcast(1 / sum)
	for i := 0; i < whole; i += lanes {
		store(row[i:], load(row[i:]).Mul(scale))
	}
	for i := whole; i < len(row); i++ {
		row[i] /= sum
	}
}

// exps replaces a row of whole vectors by exp(row - top) and returns the sum.
func exps(row []float32, top float32) float32 {
	tops, sum := broadcast(top), broadcast(0)
	for ; len(row) >= lanes; row = row[lanes:] {
		e := exp(load(row).Sub(tops))
		store(row, e)
		sum = sum.Add(e)
	}
	return total(parts(sum))
}

func total(parts [lanes]float32) (sum float32) {
	for _, p := range parts {
		sum += p
	}
	return sum
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

// centred is centredScalar; the sums of a vector of channels stay in registers over all pixels.
func centred(sum, squares, x, mean []float32, c int) {
	if outside.centred != nil {
		outside.centred(sum, squares, x, mean, c)
		return
	}
	n := len(sum)
	pixels, i := len(x)/c, 0
	for ; haveVec && pixels > 0 && i+lanes <= n; i += lanes {
		p, m := at(x, i), load(mean[i:])
		s, q := load(sum[i:]), load(squares[i:])
		for left := pixels; ; p = unsafe.Add(p, 4*c) {
			d := loadAt(p).Sub(m)
			s, q = s.Add(d), d.MulAdd(d, q)
			if left--; left == 0 {
				break
			}
		}
		store(sum[i:], s)
		store(squares[i:], q)
	}
	if i < n {
		centredScalar(sum[i:], squares[i:n], x[i:], mean[i:], c)
	}
}

// spread copies n rows of nr values to places stride values apart.
func spread(out []float32, stride int, acc []float32, nr, n int) {
	if outside.rows != nil && nr == best.nr {
		outside.rows(out, stride, acc, nr, n)
		return
	}
	if !haveVec || nr%lanes != 0 {
		spreadScalar(out, stride, acc, nr, nr, n)
		return
	}
	_, _ = out[(n-1)*stride+nr-1], acc[n*nr-1]
	o, a := at(out, 0), at(acc, 0)
	for i := range n {
		for j := 0; j < nr; j += lanes {
			storeAt(unsafe.Add(o, 4*(i*stride+j)), loadAt(unsafe.Add(a, 4*(i*nr+j))))
		}
	}
}

// transposed is out[i][j] = in[j][i] * mul for nr rows j and as many of n columns i as vectors can, and says how many.
func transposed(out, in []float32, step, nr, n int, mul float32) int {
	if outside.transpose != nil && nr == best.nr {
		return outside.transpose(out, in, step, n, mul)
	}
	return 0
}

// gathered copies n rows of nr values, step apart, to one behind the other.
func gathered(out, in []float32, step, nr, n int) {
	if outside.rows != nil && nr == best.nr {
		outside.rows(out, nr, in, step, n)
		return
	}
	for i := range n {
		copy(out[i*nr:][:nr], in[i*step:])
	}
}

// finish writes n pixels of nr channels, stride values apart: (acc*scale + shift + residual) * mul; residual may be nil.
func finish(out []float32, stride int, acc []float32, nr, n int, scale, shift, residual []float32, mul float32) {
	if outside.finish != nil && nr == best.nr {
		outside.finish(out, stride, acc, n, scale, shift, residual, mul)
		return
	}
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
			for from, to := 0, 0; from < 4*nr*n; from, to = from+4*nr, to+4*stride {
				storeAt(unsafe.Add(o, to), loadAt(unsafe.Add(a, from)).MulAdd(k, b).Mul(m))
			}
			continue
		}
		r := at(residual, j)
		for from, to := 0, 0; from < 4*nr*n; from, to = from+4*nr, to+4*stride {
			storeAt(unsafe.Add(o, to), loadAt(unsafe.Add(a, from)).MulAdd(k, b).Add(loadAt(unsafe.Add(r, to))).Mul(m))
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

// at is the address of s[i], for the micro-kernels, which check their ranges once a call. They add to it what is inside s alone: not even the
// address behind the end may be made, which -race watches.
func at(s []float32, i int) unsafe.Pointer { return unsafe.Pointer(&s[i]) }

// products is outside.products where there is one, and says whether there is.
func products(v *filtered, panels int, some windows, block int, weights, sums []float32) bool {
	if outside.products == nil {
		return false
	}
	outside.products(v, panels, some, block, weights, sums)
	return true
}

// whole is outside.product where there is one, and says whether there is.
func whole(p *tileProduct, panel, out, residual []float32, scale, shift *[maxNR]float32, mul float32) bool {
	if outside.product == nil {
		return false
	}
	outside.product(p, panel, out, residual, scale, shift, mul)
	return true
}
