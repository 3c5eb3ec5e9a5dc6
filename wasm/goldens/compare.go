package goldens

import (
	"fmt"
	"math"
)

// Tolerance is how far a value may be from its reference: Abs + Rel*|reference|.
type Tolerance struct{ Abs, Rel float64 }

// Compare gives the largest difference and an error where a value is outside the tolerance, is not finite, or the
// lengths differ.
func Compare[T float32 | float64](got, want []T, tol Tolerance) (worst float64, err error) {
	if len(got) != len(want) || len(want) == 0 {
		return math.Inf(1), fmt.Errorf("%d values, reference has %d", len(got), len(want))
	}
	at := -1
	for i := range want {
		g, w := float64(got[i]), float64(want[i])
		d := math.Abs(g - w)
		if math.IsNaN(d) || math.IsInf(d, 0) {
			return math.Inf(1), fmt.Errorf("value %d is %g, reference %g", i, g, w)
		}
		worst = max(worst, d)
		if at < 0 && d > tol.Abs+tol.Rel*math.Abs(w) {
			at = i
		}
	}
	if at >= 0 {
		return worst, fmt.Errorf("value %d is %g, reference %g (largest difference %.3g, allowed %.3g + %.3g of the value)", at, got[at], want[at], worst, tol.Abs, tol.Rel)
	}
	return worst, nil
}
