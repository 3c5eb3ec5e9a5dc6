package main

// Whole products: many tiles in one call. A call from Go costs as much as a hundred products, and what Go does before it, checks and
// offsets, as much again: in narrow layers that would be a third of the time.

// larger is the local to = yes where a > b, else no.
func (f *function) larger(to int, yes, no, a, b expr) {
	yes()
	no()
	a()
	b()
	f.emit(i32GtS, selectOp)
	f.set(to)
}

// follow is the local to = from + step, or from alone where no more than i are left.
func (f *function) follow(to, from, step, left, i int) {
	next := func() { f.get(from); f.get(step); f.emit(i32Add) }
	f.larger(to, next, f.v(from), f.v(left), func() { f.number(i) })
}

// until repeats body until count, which falls each time by the local step, is 0 or less.
func (f *function) until(count int, step expr, body func()) {
	f.loop(func() {
		body()
		f.get(count)
		step()
		f.emit(i32Sub)
		f.tee(count)
		f.number(0)
		f.emit(i32GtS)
	})
}

// products is
//
//	products(sums, sumPlace, sumPanel, data, dataPlace, step, weights, weightPlace, weightPanel, places, windows, panels, block, run)
//
// for each of places and panels: [windows][run] at data, windows step apart, times a panel. Windows are done block at a time for all panels.
// The last tile repeats the last window where it has none: sums have room for whole tiles.
func products(fused bool) *function {
	const sums, sumPlace, sumPanel, data, dataPlace, step, weights, weightPlace, weightPanel, places, windows, panels, block, run = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
	t := newTile("products", fused, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32)
	left, tiles, panelsLeft, steps := t.local(1, i32), t.local(1, i32), t.local(1, i32), t.local(1, i32)
	from, to, p, panel, accs, acc, rest := t.local(1, i32), t.local(1, i32), t.local(1, i32), t.local(1, i32), t.local(1, i32), t.local(1, i32), t.local(1, i32)
	tile := func() {
		t.copy(t.pixels, p)
		for i := 1; i < mr; i++ {
			t.follow(t.pixels+i, t.pixels+i-1, step, rest, i)
		}
		t.clear()
		t.copy(t.weights, panel)
		t.steps(run, steps)
		for i := range mr * nv {
			t.store(acc, 16*i, t.v(t.sums+i))
		}
		t.move(acc, 16*mr*nv)
		t.sum(p, p, step, log2(mr))
		t.move(rest, -mr)
	}
	t.times(places, 1, func() {
		t.copy(from, data)
		t.copy(to, sums)
		t.copy(left, windows)
		t.until(left, t.v(block), func() {
			t.copy(panel, weights)
			t.copy(accs, to)
			t.copy(panelsLeft, panels)
			t.times(panelsLeft, 1, func() {
				t.copy(p, from)
				t.copy(acc, accs)
				t.copy(rest, left)
				// Of the block, or what is left.
				t.larger(tiles, t.v(block), t.v(left), t.v(left), t.v(block))
				t.until(tiles, func() { t.number(mr) }, tile)
				t.sum(panel, panel, weightPanel, 0)
				t.sum(accs, accs, sumPanel, 0)
			})
			t.copy(from, p)
			t.sum(to, to, block, log2(16*nv))
		})
		t.sum(sums, sums, sumPlace, 0)
		t.sum(data, data, dataPlace, 0)
		t.sum(weights, weights, weightPlace, 0)
	})
	return t.function
}

// product is
//
//	product(out, step, s, offs, count, rowStride, rows, run, panel, scale, shift, residual, mul)
//
// the tile for count pixels and what finish does with the sums. offs holds 64-bit numbers; rowStride and run are numbers of values.
func product(fused bool) *function {
	const out, step, s, offs, count, rowStride, rows, run, panel, scale, shift, residual, factor = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
	t := newTile("product", fused, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, f32)
	row, left, outs := t.local(1, i32), t.local(1, i32), t.local(mr, i32)
	m := t.vec(func() { t.get(factor); t.simd(vSplatF32) })
	t.rowEnds(rowStride, run)
	// outs are the places of the tile's pixels; those that do not exist repeat the last one, and are computed and stored alike.
	places := func(first int) {
		t.copy(outs, first)
		for i := 1; i < mr; i++ {
			t.follow(outs+i, outs+i-1, step, count, i)
		}
	}
	t.until(count, func() { t.number(mr) }, func() {
		for i := range mr {
			t.address(i, s, offs)
			if i > 0 {
				t.larger(t.pixels+i, t.v(t.pixels+i), t.v(t.pixels+i-1), t.v(count), func() { t.number(i) })
			}
		}
		t.clear()
		t.copy(t.weights, panel)
		t.rows(row, rows, rowStride, run, left)
		for i := range mr * nv {
			t.let(t.sums+i, t.madd(t.v(t.sums+i), t.load(scale, 16*(i%nv)), t.load(shift, 16*(i%nv))))
		}
		t.get(residual)
		t.when(func() {
			places(residual)
			for i := range mr * nv {
				t.let(t.sums+i, t.add(t.v(t.sums+i), t.load(outs+i/nv, 16*(i%nv))))
			}
			t.sum(residual, residual, step, log2(mr))
		})
		places(out)
		for i := range mr * nv {
			t.store(outs+i/nv, 16*(i%nv), t.mul(t.v(t.sums+i), m))
		}
		t.sum(out, out, step, log2(mr))
		t.move(offs, 8*mr)
	})
	return t.function
}
