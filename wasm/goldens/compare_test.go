package goldens

import (
	"math"
	"testing"
)

// The comparer must fail on every planted fault.
func TestCompareSeesFaults(t *testing.T) {
	want := []float32{1, -2, 3, 4}
	nan := float32(math.NaN())
	for name, got := range map[string][]float32{
		"perturbed": {1, -2, 3, 4.001},
		"swapped":   {-2, 1, 3, 4},
		"truncated": {1, -2, 3},
		"longer":    {1, -2, 3, 4, 0},
		"nan":       {1, nan, 3, 4},
		"infinite":  {1, -2, float32(math.Inf(1)), 4},
		"empty":     {},
	} {
		if _, err := Compare(got, want, Tolerance{Abs: 1e-4, Rel: 1e-5}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if worst, err := Compare(want, want, Tolerance{}); err != nil || worst != 0 {
		t.Errorf("equal: %v, %v", worst, err)
	}
	if _, err := Compare(nil, []float32{}, Tolerance{Abs: 1}); err == nil {
		t.Error("an empty reference must fail")
	}
}
