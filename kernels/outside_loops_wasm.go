//go:build goexperiment.simd

package kernels

import "unsafe"

func init() {
	best = tile{"wasm simd", 4, outsideNR, outsideTile}
	outside = loops{widen: outsideWiden, activate: outsideActivate, softmax: outsideSoftmax, centred: outsideCentred, finish: outsideFinish, rows: outsideRows, transpose: outsideTranspose,
		products: outsideProducts, product: outsideProduct}
	f2.input.both, f4.input.both = floats(4, 4, f2InputOutside), floats(6, 6, f4InputOutside)
	f2.output.both, f4.output.both = floats(4, 2, f2OutputOutside), floats(6, 4, f4OutputOutside)
	f2.output.store, f4.output.store = finished(4, 2, f2StoreOutside), finished(6, 4, f4StoreOutside)
	f2.weights.both, f4.weights.both = floats(3, 4, f2WeightsOutside), floats(3, 6, f4WeightsOutside)
	f2.weights.halves, f4.weights.halves = halves(3, 4, f2WeightsHalfOutside), halves(3, 6, f4WeightsHalfOutside)
}

// outsideNR is how many channels the tile has.
const outsideNR = 8

func outsideTile(acc, s []float32, offs []int, rowStride, rows, run int, panel []float32) {
	if len(offs) == 0 {
		return
	}
	last := (rows-1)*rowStride + run - 1
	for _, o := range offs {
		_ = s[o+last]
	}
	_, _ = panel[rows*run*outsideNR-1], acc[len(offs)*outsideNR-1]
	tileOutside(at(acc, 0), at(s, 0), unsafe.Pointer(&offs[0]), int32(len(offs)), int32(rowStride), int32(rows), int32(run), at(panel, 0))
}

func outsideWiden(out []float32, in []uint16) {
	n := len(in) &^ 3
	if n > 0 {
		_ = out[n-1]
		widenOutside(at(out, 0), unsafe.Pointer(&in[0]), int32(n))
	}
	widenScalar(out[n:], in[n:])
}

func outsideActivate(out []float32, step int, in []float32, c int, norm []float32, total int, act bool) {
	n, pixels := c&^3, len(in)/c
	if n > 0 && pixels > 0 {
		_, _ = out[(pixels-1)*step+n-1], in[pixels*c-1]
		var table unsafe.Pointer
		if norm != nil {
			_ = norm[2*total+n-1]
			table = at(norm, 0)
		}
		var flag int32
		if act {
			flag = 1
		}
		activateOutside(at(out, 0), int32(4*step), at(in, 0), int32(4*c), int32(pixels), table, int32(4*total), int32(n), flag)
	}
	for i := 0; n < c && i < pixels; i++ {
		activateScalar(out[i*step+n:], in[i*c+n:(i+1)*c], from(norm, n), total, act)
	}
}

func outsideSoftmax(row []float32) { softmaxOutside(at(row, 0), int32(len(row)), 1, 0) }

func outsideCentred(sum, squares, x, mean []float32, c int) {
	n, pixels := len(sum)&^3, len(x)/c
	if n > 0 && pixels > 0 {
		_, _, _ = squares[n-1], mean[n-1], x[(pixels-1)*c+n-1]
		centredOutside(at(sum, 0), at(squares, 0), at(x, 0), at(mean, 0), int32(4*c), int32(pixels), int32(n))
	}
	if n < len(sum) {
		centredScalar(sum[n:], squares[n:len(sum)], x[n:], mean[n:], c)
	}
}

func outsideFinish(out []float32, stride int, acc []float32, n int, scale, shift, residual []float32, mul float32) {
	last := (n-1)*stride + outsideNR - 1
	_, _, _, _ = out[last], acc[n*outsideNR-1], scale[outsideNR-1], shift[outsideNR-1]
	var r unsafe.Pointer
	if residual != nil {
		_ = residual[last]
		r = at(residual, 0)
	}
	finishOutside(at(out, 0), int32(4*stride), at(acc, 0), int32(n), at(scale, 0), at(shift, 0), r, mul)
}

// outsideProducts is filtered.multiply.
func outsideProducts(v *filtered, panels int, some windows, block int, weights, sums []float32) {
	c, places, last := v.s.c, v.f.places(), panels*v.f.places()-1
	_, _ = v.data[(places-1)*v.dataStep+(some.first+some.count)*c-1], weights[last*v.weightStep+c*outsideNR-1]
	_ = sums[last*v.sumStep+roundUp(some.count, best.mr)*outsideNR-1]
	productsOutside(at(sums, 0), int32(4*v.sumStep), int32(4*places*v.sumStep), at(v.data, some.first*c), int32(4*v.dataStep), int32(4*c),
		at(weights, 0), int32(4*v.weightStep), int32(4*places*v.weightStep), int32(places), int32(some.count), int32(panels), int32(block), int32(c))
}

// outsideProduct is tileProduct's work for all pixels at once.
func outsideProduct(p *tileProduct, panel []float32, out, residual []float32, scale, shift *[maxNR]float32, mul float32) {
	n := len(p.offs)
	last := (n-1)*p.outStep + outsideNR - 1
	_, _, _ = p.s[p.top+(p.rows-1)*p.rowStride+p.run-1], panel[p.rows*p.run*outsideNR-1], out[last]
	var r unsafe.Pointer
	if residual != nil {
		_ = residual[last]
		r = at(residual, 0)
	}
	productOutside(at(out, 0), int32(4*p.outStep), at(p.s, 0), unsafe.Pointer(&p.offs[0]), int32(n), int32(p.rowStride), int32(p.rows), int32(p.run),
		at(panel, 0), unsafe.Pointer(scale), unsafe.Pointer(shift), r, mul)
}

type windowOutside func(out unsafe.Pointer, outStep int32, in unsafe.Pointer, across, down, n int32)

// floats is a transform of windows of size x size values to places x places, for as many channels as fill vectors.
func floats(size, places int, outside windowOutside) func(out []float32, outStep int, in []float32, across, down, n int) int {
	return func(out []float32, outStep int, in []float32, across, down, n int) int {
		if n &^= 3; n > 0 {
			_, _ = out[(places*places-1)*outStep+n-1], in[(size-1)*(across+down)+n-1]
			outside(at(out, 0), int32(4*outStep), at(in, 0), int32(4*across), int32(4*down), int32(n))
		}
		return n
	}
}

// halves is the same for float16 values.
func halves(size, places int, outside windowOutside) func(out []float32, outStep int, in []uint16, across, down, n int) int {
	return func(out []float32, outStep int, in []uint16, across, down, n int) int {
		if n &^= 3; n > 0 {
			_, _ = out[(places*places-1)*outStep+n-1], in[(size-1)*(across+down)+n-1]
			outside(at(out, 0), int32(4*outStep), unsafe.Pointer(&in[0]), int32(2*across), int32(2*down), int32(n))
		}
		return n
	}
}

func outsideRows(out []float32, outStep int, in []float32, inStep, n int) {
	_, _ = out[(n-1)*outStep+outsideNR-1], in[(n-1)*inStep+outsideNR-1]
	rowsOutside(at(out, 0), int32(4*outStep), at(in, 0), int32(4*inStep), int32(n))
}

// outsideTranspose does as many columns as fill vectors, and says how many.
func outsideTranspose(out, in []float32, step, n int, mul float32) int {
	if n &^= 3; n > 0 {
		_, _ = out[n*outsideNR-1], in[(outsideNR-1)*step+n-1]
		transposeOutside(at(out, 0), at(in, 0), int32(4*step), int32(n), mul)
	}
	return n
}

type storeOutside func(out unsafe.Pointer, pixel, row int32, in unsafe.Pointer, inStep, windows int32, scale, shift, residual unsafe.Pointer, mul float32)

// finished is transform.store for windows of size x size sums and outs x outs pixels.
func finished(size, outs int, outside storeOutside) func([]float32, int, int, []float32, int, int, []float32, []float32, []float32, float32) {
	return func(out []float32, pixel, row int, in []float32, inStep, windows int, scale, shift, residual []float32, mul float32) {
		last := (outs-1)*row + (windows*outs-1)*pixel + outsideNR - 1
		_, _, _, _ = out[last], in[(size*size-1)*inStep+windows*outsideNR-1], scale[outsideNR-1], shift[outsideNR-1]
		var r unsafe.Pointer
		if residual != nil {
			_ = residual[last]
			r = at(residual, 0)
		}
		outside(at(out, 0), int32(4*pixel), int32(4*row), at(in, 0), int32(4*inStep), int32(windows), at(scale, 0), at(shift, 0), r, mul)
	}
}
