package model

import (
	"math"
	"testing"
)

// The comparer of probes must fail on every planted fault.
func TestWorst(t *testing.T) {
	want, nan := []float32{1, -2, 3}, float32(math.NaN())
	if got := Worst(want, want); got != 0 {
		t.Errorf("equal lists are %g apart", got)
	}
	if got := Worst([]float32{1, -2.5, 3.25}, want); got != 0.5 {
		t.Errorf("got %g, want 0.5", got)
	}
	for what, got := range map[string][]float32{"nan": {1, nan, 3}, "short": {1, -2}, "long": {1, -2, 3, 4}, "none": nil, "infinite": {1, float32(math.Inf(1)), 3}, "swapped": {-2, 1, 3}} {
		if Worst(got, want) <= ProbeBound {
			t.Errorf("%s: not seen", what)
		}
	}
}
