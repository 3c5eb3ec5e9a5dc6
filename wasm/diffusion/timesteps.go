package diffusion

import (
	"errors"
	"math"
	"strconv"
)

// Spacing names which timesteps a shorter chain visits (Lin et al. 2023, table 2).
type Spacing string

// The spacings.
const (
	Leading  Spacing = "leading"  // multiples of T div N from 0
	Linspace Spacing = "linspace" // evenly from 0 to T-1
	Trailing Spacing = "trailing" // evenly, ending at T-1
)

// Timesteps lists the n timesteps of a chain over T, largest first. offset belongs to the leading spacing (steps_offset).
func Timesteps(spacing Spacing, n, T, offset int) ([]int, error) {
	if n < 1 || n > T {
		return nil, errors.New("steps: " + strconv.Itoa(n) + " steps, the model has 1 to " + strconv.Itoa(T))
	}
	out := make([]int, n)
	for i := range out {
		k := n - 1 - i // counted from the smallest
		switch spacing {
		case Leading:
			out[i] = k*(T/n) + offset
		case Linspace:
			out[i] = int(math.RoundToEven(linspace(0, float64(T-1), n)[k]))
		case Trailing:
			out[i] = int(math.RoundToEven(float64(T)-float64(i)*(float64(T)/float64(n)))) - 1
		default:
			return nil, errors.New("steps: unknown timestep spacing " + strconv.Quote(string(spacing)) + ", expected leading, linspace or trailing")
		}
		if out[i] >= T {
			return nil, errors.New("steps: " + strconv.Itoa(n) + " steps with offset " + strconv.Itoa(offset) + " ask for timestep " + strconv.Itoa(out[i]) + ", the model has 0 to " + strconv.Itoa(T-1) + ": take fewer steps")
		}
	}
	return out, nil
}
