package main

// tile is the micro-kernel of kernels/gemm.go, 4 pixels by 8 channels. What is written out of k keeps additions to addresses few.
//
//	tile(acc, s, offs, count, rowStride, rows, run, panel)
//
// offs holds 64-bit numbers; rowStride and run are numbers of values.
func tile(fused bool) *function {
	const acc, s, offs, count, rowStride, rows, run, panel = 0, 1, 2, 3, 4, 5, 6, 7
	t := newTile("tile", fused, i32, i32, i32, i32, i32, i32, i32, i32)
	row, left := t.local(1, i32), t.local(1, i32)
	t.rowEnds(rowStride, run)
	t.times(count, mr, func() {
		for i := range mr {
			t.address(i, s, offs)
		}
		t.clear()
		t.copy(t.weights, panel)
		t.rows(row, rows, rowStride, run, left)
		for i := range mr * nv {
			t.store(acc, 16*i, t.v(t.sums+i))
		}
		t.move(acc, 16*mr*nv)
		t.move(offs, 8*mr)
	})
	return t.function
}

// The tile's pixels, its vectors of channels, and how many steps of k are written out.
const mr, nv, unroll = 4, 2, 8

type tileCode struct {
	*function
	pixels, weights    int // addresses
	sums, panel, pixel int // vectors
}

// newTile is a function with the tile's locals.
func newTile(name string, fused bool, params ...byte) *tileCode {
	t := &tileCode{function: newFunction(name, fused, params...)}
	t.pixels, t.weights = t.local(mr, i32), t.local(1, i32)
	t.sums, t.panel, t.pixel = t.local(mr*nv, v128), t.local(nv, v128), t.local(1, v128)
	return t
}

// clear makes the sums zero.
func (t *tileCode) clear() {
	for i := range mr * nv {
		t.bits(0)
		t.set(t.sums + i)
	}
}

// address makes pixel i the one at the i-th of offs in s.
func (t *tileCode) address(i, s, offs int) {
	t.get(s)
	t.get(offs)
	t.emit(i32Load, 2)
	t.emit(uleb(8 * i)...)
	t.number(2)
	t.emit(i32Shl, i32Add)
	t.set(t.pixels + i)
}

// rowEnds turns rowStride into how far a row's end is from the next one's start.
func (t *tileCode) rowEnds(rowStride, run int) {
	t.get(rowStride)
	t.get(run)
	t.emit(i32Sub)
	t.set(rowStride)
}

// rows adds the products of all rows; row and left are locals to count with.
func (t *tileCode) rows(row, rows, rowStride, run, left int) {
	t.copy(row, rows)
	t.times(row, 1, func() {
		t.steps(run, left)
		for i := range mr {
			t.sum(t.pixels+i, t.pixels+i, rowStride, 2)
		}
	})
}

// steps adds a run's products, unroll at a time and then one by one.
func (t *tileCode) steps(run, left int) {
	part := func(op byte, by, steps int) {
		t.get(run)
		t.number(by)
		t.emit(op)
		t.tee(left)
		t.when(func() {
			t.times(left, 1, func() {
				for u := range steps {
					t.step(u)
				}
				for i := range mr {
					t.move(t.pixels+i, 4*steps)
				}
				t.move(t.weights, 16*nv*steps)
			})
		})
	}
	part(i32ShrU, log2(unroll), unroll)
	part(i32And, unroll-1, 1)
}

// step adds the products of step u.
func (t *tileCode) step(u int) {
	for j := range nv {
		t.let(t.panel+j, t.load(t.weights, (u*nv+j)*16))
	}
	for i := range mr {
		t.let(t.pixel, t.splat(t.pixels+i, 4*u))
		for j := range nv {
			sum := t.sums + i*nv + j
			t.let(sum, t.madd(t.v(t.pixel), t.v(t.panel+j), t.v(sum)))
		}
	}
}

func log2(n int) int {
	k := 0
	for ; n > 1; n >>= 1 {
		k++
	}
	return k
}
