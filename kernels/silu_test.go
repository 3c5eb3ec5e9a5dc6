package kernels

import (
	"math"
	"testing"
)

// siluInputs has lengths around vectors and everything the exponential must bear: overflow, underflow, both zeros.
func siluInputs() []float32 {
	v := []float32{0, float32(math.Copysign(0, -1)), 1e-40, -1e-40, 1, -1, 20, -20, 87, -87, 88, -88, 89, -89, 104, -104, 1e4, -1e4, 1e30, -1e30, 3.4e38, -3.4e38}
	for x := float32(-30); x < 30; x += 0.0173 {
		v = append(v, x)
	}
	return v
}

func TestSiLU(t *testing.T) {
	for _, x := range siluInputs() {
		want := 0.0
		if x > -700 { // e^700 is within float64
			want = float64(x) / (1 + math.Exp(-float64(x)))
		}
		if got := float64(SiLU(x)); !(math.Abs(got-want) <= 6e-8*math.Abs(want)+1e-45) { // the rounding to float32, subnormals included
			t.Errorf("SiLU(%g) = %g, want %g", x, got, want)
		}
	}
}

// The exponential of the vectors is good to 1e-7, sum and quotient round once each. Below -87.3 it stops, so results there are up
// to 87*1.2e-38 = 1e-36 off: 0 for every purpose.
func TestFastSiLU(t *testing.T) {
	in := siluInputs()
	for start := range 17 { // every value meets every lane, and the scalar end
		got := append([]float32{}, in[start:]...)
		want := append([]float32{}, in[start:]...)
		silu(got)
		siluScalar(want)
		near(t, got, want, 2e-36, 1e-6)
	}
}

// A network that has diverged must show it: NaN stays NaN in every lane.
func TestFastSiLUKeepsNaN(t *testing.T) {
	v := make([]float32, 21)
	fill(v, float32(math.NaN()))
	silu(v)
	for i, x := range v {
		if x == x {
			t.Fatalf("lane %d: NaN became %g", i, x)
		}
	}
}
