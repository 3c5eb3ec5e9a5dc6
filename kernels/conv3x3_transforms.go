package kernels

// The one-dimensional transforms of conv3x3_winograd.go. F(2) interpolates at 0, ±1 and infinity.
//
// F(4) interpolates at 0, ±pointA, ±pointB and infinity. The usual points ±1 and ±2 lose six times as much in float32 as direct sums; of
// all pairs of sixteenths these let the errors grow least: the sum, over the places of a window, of the squares of A^T's entries times
// the squares of B^T's and of G's row.
const (
	pointA = 5.0 / 8
	pointB = 3.0 / 2
)

const (
	squareA = pointA * pointA
	squareB = pointB * pointB
	// The products at a point are divided by its distances from the others, the one at 0 as well. The transform back does so, not that of
	// the weights, of which there are far more values in small pictures.
	overA = 1 / (2 * squareA * (squareA - squareB))
	overB = 1 / (2 * squareB * (squareB - squareA))
	over0 = 1 / (squareA * squareB)
)

// f4InputScalar is B^T x: 6 values become 6.
func f4InputScalar(out []float32, outStep int, in []float32, inStep, n int) {
	for i := range n {
		x1, x2, x3, x4 := in[inStep+i], in[2*inStep+i], in[3*inStep+i], in[4*inStep+i]
		evenA, oddA := x4-squareB*x2, pointA*(x3-squareB*x1)
		evenB, oddB := x4-squareA*x2, pointB*(x3-squareA*x1)
		out[i] = evenA + squareA*(squareB*in[i]-x2)
		out[outStep+i], out[2*outStep+i] = evenA+oddA, evenA-oddA
		out[3*outStep+i], out[4*outStep+i] = evenB+oddB, evenB-oddB
		out[5*outStep+i] = in[5*inStep+i] - squareB*x3 + squareA*(squareB*x1-x3)
	}
}

// f4WeightsScalar is G g, without its divisions: 3 values become 6.
func f4WeightsScalar(out []float32, outStep int, in []float32, inStep, n int) {
	for i := range n {
		g0, g1, g2 := in[i], in[inStep+i], in[2*inStep+i]
		evenA, evenB := g0+squareA*g2, g0+squareB*g2
		out[i] = g0
		out[outStep+i], out[2*outStep+i] = evenA+pointA*g1, evenA-pointA*g1
		out[3*outStep+i], out[4*outStep+i] = evenB+pointB*g1, evenB-pointB*g1
		out[5*outStep+i] = g2
	}
}

// f4OutputScalar is A^T m, with G's divisions: 6 values become 4.
func f4OutputScalar(out []float32, outStep int, in []float32, inStep, n int) {
	for i := range n {
		sumA, differenceA := in[inStep+i]+in[2*inStep+i], in[inStep+i]-in[2*inStep+i]
		sumB, differenceB := in[3*inStep+i]+in[4*inStep+i], in[3*inStep+i]-in[4*inStep+i]
		out[i] = over0*in[i] + overA*sumA + overB*sumB
		out[outStep+i] = pointA*overA*differenceA + pointB*overB*differenceB
		out[2*outStep+i] = squareA*overA*sumA + squareB*overB*sumB
		out[3*outStep+i] = squareA*pointA*overA*differenceA + squareB*pointB*overB*differenceB + in[5*inStep+i]
	}
}

// f2InputScalar is B^T x: 4 values become 4.
func f2InputScalar(out []float32, outStep int, in []float32, inStep, n int) {
	for i := range n {
		x1, x2 := in[inStep+i], in[2*inStep+i]
		out[i] = in[i] - x2
		out[outStep+i], out[2*outStep+i] = x2+x1, x2-x1
		out[3*outStep+i] = in[3*inStep+i] - x1
	}
}

// f2WeightsScalar is G g: 3 values become 4.
func f2WeightsScalar(out []float32, outStep int, in []float32, inStep, n int) {
	for i := range n {
		g0, g1, g2 := in[i], in[inStep+i]*0.5, in[2*inStep+i]
		even := (g0 + g2) * 0.5
		out[i], out[outStep+i], out[2*outStep+i], out[3*outStep+i] = g0, even+g1, even-g1, g2
	}
}

// f2OutputScalar is A^T m: 4 values become 2.
func f2OutputScalar(out []float32, outStep int, in []float32, inStep, n int) {
	for i := range n {
		m1, m2 := in[inStep+i], in[2*inStep+i]
		out[i], out[outStep+i] = in[i]+m1+m2, m1-m2+in[3*inStep+i]
	}
}
