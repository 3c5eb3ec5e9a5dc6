//go:build goexperiment.simd && (amd64 || arm64 || wasm)

package kernels

import "unsafe"

func f4Input(out []float32, outStep int, in []float32, inStep, n int) {
	i := 0
	if haveVec && n >= lanes {
		_, _ = in[5*inStep+n-1], out[5*outStep+n-1]
		a, b, aa, bb := broadcast(-pointA), broadcast(-pointB), broadcast(-squareA), broadcast(-squareB)
		ps, qs := 4*inStep, 4*outStep
		for ; i+lanes <= n; i += lanes {
			p, q := at(in, i), at(out, i)
			p1 := unsafe.Add(p, ps)
			p2 := unsafe.Add(p1, ps)
			p3 := unsafe.Add(p2, ps)
			p4 := unsafe.Add(p3, ps)
			x1, x2, x3, x4 := loadAt(p1), loadAt(p2), loadAt(p3), loadAt(p4)
			evenA, oddA := bb.MulAdd(x2, x4), bb.MulAdd(x1, x3)
			evenB, oddB := aa.MulAdd(x2, x4), aa.MulAdd(x1, x3)
			storeAt(q, aa.MulAdd(bb.MulAdd(loadAt(p), x2), evenA))
			q1 := unsafe.Add(q, qs)
			storeAt(q1, evenA.Sub(a.Mul(oddA)))
			q2 := unsafe.Add(q1, qs)
			storeAt(q2, a.MulAdd(oddA, evenA))
			q3 := unsafe.Add(q2, qs)
			storeAt(q3, evenB.Sub(b.Mul(oddB)))
			q4 := unsafe.Add(q3, qs)
			storeAt(q4, b.MulAdd(oddB, evenB))
			storeAt(unsafe.Add(q4, qs), aa.MulAdd(oddA, bb.MulAdd(x3, loadAt(unsafe.Add(p4, ps)))))
		}
	}
	f4InputScalar(out[i:], outStep, in[i:], inStep, n-i)
}

func f4Weights(out []float32, outStep int, in []float32, inStep, n int) {
	i := 0
	if haveVec && n >= lanes {
		_, _ = in[2*inStep+n-1], out[5*outStep+n-1]
		aa, bb := broadcast(squareA), broadcast(squareB)
		a, b, minusA, minusB := broadcast(pointA), broadcast(pointB), broadcast(-pointA), broadcast(-pointB)
		ps, qs := 4*inStep, 4*outStep
		for ; i+lanes <= n; i += lanes {
			p, q := at(in, i), at(out, i)
			p1 := unsafe.Add(p, ps)
			g0, g1, g2 := loadAt(p), loadAt(p1), loadAt(unsafe.Add(p1, ps))
			evenA, evenB := aa.MulAdd(g2, g0), bb.MulAdd(g2, g0)
			storeAt(q, g0)
			q1 := unsafe.Add(q, qs)
			storeAt(q1, a.MulAdd(g1, evenA))
			q2 := unsafe.Add(q1, qs)
			storeAt(q2, minusA.MulAdd(g1, evenA))
			q3 := unsafe.Add(q2, qs)
			storeAt(q3, b.MulAdd(g1, evenB))
			q4 := unsafe.Add(q3, qs)
			storeAt(q4, minusB.MulAdd(g1, evenB))
			storeAt(unsafe.Add(q4, qs), g2)
		}
	}
	f4WeightsScalar(out[i:], outStep, in[i:], inStep, n-i)
}

func f4Output(out []float32, outStep int, in []float32, inStep, n int) {
	i := 0
	if haveVec && n >= lanes {
		_, _ = in[5*inStep+n-1], out[3*outStep+n-1]
		zero, oneA, oneB := broadcast(over0), broadcast(overA), broadcast(overB)
		a, b, aa, bb := broadcast(pointA*overA), broadcast(pointB*overB), broadcast(squareA*overA), broadcast(squareB*overB)
		aaa, bbb := broadcast(squareA*pointA*overA), broadcast(squareB*pointB*overB)
		ps, qs := 4*inStep, 4*outStep
		for ; i+lanes <= n; i += lanes {
			p, q := at(in, i), at(out, i)
			p1 := unsafe.Add(p, ps)
			p2 := unsafe.Add(p1, ps)
			p3 := unsafe.Add(p2, ps)
			p4 := unsafe.Add(p3, ps)
			m1, m2, m3, m4 := loadAt(p1), loadAt(p2), loadAt(p3), loadAt(p4)
			sumA, sumB, differenceA, differenceB := m1.Add(m2), m3.Add(m4), m1.Sub(m2), m3.Sub(m4)
			storeAt(q, oneA.MulAdd(sumA, oneB.MulAdd(sumB, zero.Mul(loadAt(p)))))
			q1 := unsafe.Add(q, qs)
			storeAt(q1, a.MulAdd(differenceA, b.Mul(differenceB)))
			q2 := unsafe.Add(q1, qs)
			storeAt(q2, aa.MulAdd(sumA, bb.Mul(sumB)))
			storeAt(unsafe.Add(q2, qs), aaa.MulAdd(differenceA, bbb.MulAdd(differenceB, loadAt(unsafe.Add(p4, ps)))))
		}
	}
	f4OutputScalar(out[i:], outStep, in[i:], inStep, n-i)
}

func f2Input(out []float32, outStep int, in []float32, inStep, n int) {
	i := 0
	if haveVec && n >= lanes {
		_, _ = in[3*inStep+n-1], out[3*outStep+n-1]
		ps, qs := 4*inStep, 4*outStep
		for ; i+lanes <= n; i += lanes {
			p, q := at(in, i), at(out, i)
			p1 := unsafe.Add(p, ps)
			p2 := unsafe.Add(p1, ps)
			x1, x2 := loadAt(p1), loadAt(p2)
			storeAt(q, loadAt(p).Sub(x2))
			q1 := unsafe.Add(q, qs)
			storeAt(q1, x2.Add(x1))
			q2 := unsafe.Add(q1, qs)
			storeAt(q2, x2.Sub(x1))
			storeAt(unsafe.Add(q2, qs), loadAt(unsafe.Add(p2, ps)).Sub(x1))
		}
	}
	f2InputScalar(out[i:], outStep, in[i:], inStep, n-i)
}

func f2Weights(out []float32, outStep int, in []float32, inStep, n int) {
	i := 0
	if haveVec && n >= lanes {
		_, _ = in[2*inStep+n-1], out[3*outStep+n-1]
		half := broadcast(0.5)
		ps, qs := 4*inStep, 4*outStep
		for ; i+lanes <= n; i += lanes {
			p, q := at(in, i), at(out, i)
			p1 := unsafe.Add(p, ps)
			g0, g1, g2 := loadAt(p), loadAt(p1).Mul(half), loadAt(unsafe.Add(p1, ps))
			even := g0.Add(g2).Mul(half)
			storeAt(q, g0)
			q1 := unsafe.Add(q, qs)
			storeAt(q1, even.Add(g1))
			q2 := unsafe.Add(q1, qs)
			storeAt(q2, even.Sub(g1))
			storeAt(unsafe.Add(q2, qs), g2)
		}
	}
	f2WeightsScalar(out[i:], outStep, in[i:], inStep, n-i)
}

func f2Output(out []float32, outStep int, in []float32, inStep, n int) {
	i := 0
	if haveVec && n >= lanes {
		_, _ = in[3*inStep+n-1], out[outStep+n-1]
		ps, qs := 4*inStep, 4*outStep
		for ; i+lanes <= n; i += lanes {
			p, q := at(in, i), at(out, i)
			p1 := unsafe.Add(p, ps)
			p2 := unsafe.Add(p1, ps)
			m1, m2 := loadAt(p1), loadAt(p2)
			storeAt(q, loadAt(p).Add(m1).Add(m2))
			storeAt(unsafe.Add(q, qs), m1.Sub(m2).Add(loadAt(unsafe.Add(p2, ps))))
		}
	}
	f2OutputScalar(out[i:], outStep, in[i:], inStep, n-i)
}
