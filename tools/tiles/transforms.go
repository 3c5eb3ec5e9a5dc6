package main

// The transforms of minimal filtering, as kernels/conv3x3_transforms.go defines them, along both axes of a window.

const (
	pointA, pointB   = 5.0 / 8, 3.0 / 2
	squareA, squareB = pointA * pointA, pointB * pointB

	overA = 1 / (2 * squareA * (squareA - squareB))
	overB = 1 / (2 * squareB * (squareB - squareA))
	over0 = 1 / (squareA * squareB)
)

// axis is a transform along one axis: in values become out.
type axis struct {
	name      string
	in, out   int
	constants []float32
	apply     func(f *function, x []expr) []expr
}

var axes = []axis{
	{"f2Input", 4, 4, nil, func(f *function, x []expr) []expr {
		return []expr{f.sub(x[0], x[2]), f.add(x[2], x[1]), f.sub(x[2], x[1]), f.sub(x[3], x[1])}
	}},
	{"f2Output", 4, 2, nil, func(f *function, m []expr) []expr {
		return []expr{f.add(f.add(m[0], m[1]), m[2]), f.add(f.sub(m[1], m[2]), m[3])}
	}},
	{"f2Weights", 3, 4, []float32{0.5}, func(f *function, g []expr) []expr {
		even := f.vec(f.mul(f.add(g[0], g[2]), f.lanes(0.5)))
		odd := f.vec(f.mul(g[1], f.lanes(0.5)))
		return []expr{g[0], f.add(even, odd), f.sub(even, odd), g[2]}
	}},
	{"f4Input", 6, 6, []float32{-pointA, pointA, -pointB, pointB, -squareA, -squareB}, f4Input},
	{"f4Output", 6, 4, []float32{over0, overA, overB, pointA * overA, pointB * overB, squareA * overA, squareB * overB, squareA * pointA * overA, squareB * pointB * overB}, f4Output},
	{"f4Weights", 3, 6, []float32{squareA, squareB, pointA, pointB, -pointA, -pointB}, f4Weights},
}

func f4Input(f *function, x []expr) []expr {
	aa, bb := f.lanes(-squareA), f.lanes(-squareB)
	evenA, oddA := f.vec(f.madd(bb, x[2], x[4])), f.vec(f.madd(bb, x[1], x[3]))
	evenB, oddB := f.vec(f.madd(aa, x[2], x[4])), f.vec(f.madd(aa, x[1], x[3]))
	return []expr{
		f.madd(aa, f.madd(bb, x[0], x[2]), evenA),
		f.madd(f.lanes(pointA), oddA, evenA), f.madd(f.lanes(-pointA), oddA, evenA),
		f.madd(f.lanes(pointB), oddB, evenB), f.madd(f.lanes(-pointB), oddB, evenB),
		f.madd(aa, oddA, f.madd(bb, x[3], x[5])),
	}
}

func f4Weights(f *function, g []expr) []expr {
	evenA, evenB := f.vec(f.madd(f.lanes(squareA), g[2], g[0])), f.vec(f.madd(f.lanes(squareB), g[2], g[0]))
	at := func(point float32, even expr) expr { return f.madd(f.lanes(point), g[1], even) }
	return []expr{g[0], at(pointA, evenA), at(-pointA, evenA), at(pointB, evenB), at(-pointB, evenB), g[2]}
}

func f4Output(f *function, m []expr) []expr {
	sumA, sumB := f.vec(f.add(m[1], m[2])), f.vec(f.add(m[3], m[4]))
	differenceA, differenceB := f.vec(f.sub(m[1], m[2])), f.vec(f.sub(m[3], m[4]))
	return []expr{
		f.madd(f.lanes(overA), sumA, f.madd(f.lanes(overB), sumB, f.mul(f.lanes(over0), m[0]))),
		f.madd(f.lanes(pointA*overA), differenceA, f.mul(f.lanes(pointB*overB), differenceB)),
		f.madd(f.lanes(squareA*overA), sumA, f.mul(f.lanes(squareB*overB), sumB)),
		f.madd(f.lanes(squareA*pointA*overA), differenceA, f.madd(f.lanes(squareB*pointB*overB), differenceB, m[5])),
	}
}

// window is a transform along both axes:
//
//	NAME(out, outStep, in, across, down, n)
//
// of n windows' values beside each other, the values of a window across and down bytes apart, those of the result outStep. What stands
// between the axes is kept in locals: a few of them in memory, which is nearer than any buffer.
func (a axis) window(name string, fused bool, size int, value func(f *function, address int) expr) *function {
	const out, outStep, in, across, down, n = 0, 1, 2, 3, 4, 5
	f := newFunction(name, fused, i32, i32, i32, i32, i32, i32)
	f.constants(append(widening[:len(widening):len(widening)], a.constants...)...)
	p, q, x, half := f.local(1, i32), f.local(1, i32), f.local(a.in, v128), f.local(a.in*a.out, v128)
	pick := func(first, step int) (list []expr) {
		for i := range a.in {
			list = append(list, f.v(first+i*step))
		}
		return list
	}
	f.times(n, 4, func() {
		for col := range a.in {
			f.column(p, in, across, col)
			for row := range a.in {
				f.let(x+row, value(f, p))
				f.sum(p, p, down, 0)
			}
			for row, e := range a.apply(f, pick(x, 1)) {
				f.let(half+row*a.in+col, e)
			}
		}
		f.copy(q, out)
		for row := range a.out {
			for _, e := range a.apply(f, pick(half+row*a.in, 1)) {
				f.store(q, 0, e)
				f.sum(q, q, outStep, 0)
			}
		}
		f.move(in, 4*size)
		f.move(out, 16)
	})
	return f
}

// column is p = in + col*across.
func (f *function) column(p, in, across, col int) {
	f.get(in)
	if col > 0 {
		f.get(across)
		f.number(col)
		f.emit(i32Mul, i32Add)
	}
	f.set(p)
}

// finished is a transform back of a row of windows and what follows, for a tile's channels:
//
//	NAME(out, pixel, row, in, inStep, windows, scale, shift, residual, mul)
//
// residual is 0 or goes like out; pixel and row are steps of both.
func (a axis) finished(name string, fused bool) *function {
	const out, pixel, row, in, inStep, windows, scale, shift, residual, factor = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
	f := newFunction(name, fused, i32, i32, i32, i32, i32, i32, i32, i32, i32, f32)
	f.constants(a.constants...)
	p, line, q, x, half, y := f.local(1, i32), f.local(1, i32), f.local(1, i32), f.local(a.in, v128), f.local(a.in*a.out, v128), f.local(1, v128)
	m := f.vec(func() { f.get(factor); f.simd(vSplatF32) })
	pick := func(first int) (list []expr) {
		for i := range a.in {
			list = append(list, f.v(first+i))
		}
		return list
	}
	channels := func(j int) {
		for col := range a.in {
			f.column(p, in, inStep, col)
			for r := range a.in {
				f.let(x+r, f.load(p, 16*j))
				for range a.in {
					f.sum(p, p, inStep, 0)
				}
			}
			for r, e := range a.apply(f, pick(x)) {
				f.let(half+r*a.in+col, e)
			}
		}
		f.number(0)
		f.set(line)
		for r := range a.out {
			f.copy(q, line)
			for _, e := range a.apply(f, pick(half+r*a.in)) {
				f.let(y, f.madd(e, f.load(scale, 16*j), f.load(shift, 16*j)))
				f.get(residual)
				f.when(func() { f.sum(p, residual, q, 0); f.let(y, f.add(f.v(y), f.load(p, 16*j))) })
				f.sum(p, out, q, 0)
				f.store(p, 16*j, f.mul(f.v(y), m))
				f.sum(q, q, pixel, 0)
			}
			f.sum(line, line, row, 0)
		}
	}
	f.times(windows, 1, func() {
		for j := range nv {
			channels(j)
		}
		f.move(in, 16*nv)
		f.sum(out, out, pixel, log2(a.out))
		f.get(residual)
		f.when(func() { f.sum(residual, residual, pixel, log2(a.out)) })
	})
	return f
}
