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
	Leading   Spacing = "leading"   // multiples of T div N from 0
	Linspace  Spacing = "linspace"  // evenly from 0 to T-1
	Trailing  Spacing = "trailing"  // evenly, ending at T-1
	Quadratic Spacing = "quadratic" // squares of even numbers from 0 to sqrt(0.8 T) (Song, Meng and Ermon 2021, appendix D.2)
)

func unknownSpacing(s Spacing, expected string) error {
	return errors.New("steps: unknown timestep spacing " + strconv.Quote(string(s)) + ", expected " + expected)
}

func checkSteps(n, T int) error {
	if n < 1 || n > T {
		return errors.New("steps: " + strconv.Itoa(n) + " steps, the model has 1 to " + strconv.Itoa(T))
	}
	return nil
}

// Timesteps lists the n timesteps of a chain over T, largest first. offset belongs to the leading spacing (steps_offset).
func Timesteps(spacing Spacing, n, T, offset int) ([]int, error) {
	if err := checkSteps(n, T); err != nil {
		return nil, err
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
			out[i] = trailing(T, T, n, i)
		case Quadratic:
			root := linspace(0, math.Sqrt(0.8*float64(T)), n)[k]
			out[i] = int(root * root)
		default:
			return nil, unknownSpacing(spacing, "leading, linspace, trailing or quadratic")
		}
		if i > 0 && out[i] >= out[i-1] {
			return nil, errors.New("steps: " + strconv.Itoa(n) + " steps with spacing " + string(spacing) + " visit timestep " + strconv.Itoa(out[i]) + " twice: take fewer steps")
		}
	}
	return out, inside(out[0], n, T, offset)
}

// trailing is entry i of the trailing spacing that starts at top: round(top - i T/n) - 1.
func trailing(top, T, n, i int) int {
	return int(math.RoundToEven(float64(top)-float64(i)*(float64(T)/float64(n)))) - 1
}

// inside reports a largest timestep that the model does not have.
func inside(t, n, T, offset int) error {
	if t >= T {
		return errors.New("steps: " + strconv.Itoa(n) + " steps with offset " + strconv.Itoa(offset) + " ask for timestep " + strconv.Itoa(t) + ", the model has 0 to " + strconv.Itoa(T-1) + ": take fewer steps")
	}
	return nil
}

// solverTimesteps lists the timesteps of DPM-Solver++ and UniPC, which leave out the smallest: they take n steps through
// n+1 levels below top <= T.
func solverTimesteps(spacing Spacing, n, T, top, offset int) ([]float64, error) {
	if err := checkSteps(n, T); err != nil {
		return nil, err
	}
	var out []float64
	for i := range n {
		switch spacing {
		case Leading:
			out = append(out, float64((n-i)*(top/(n+1))+offset))
		case Linspace:
			out = append(out, math.RoundToEven(linspace(0, float64(top-1), n+1)[n-i]))
		case Trailing:
			if t := trailing(top, T, n, i); t >= 0 {
				out = append(out, float64(t))
			}
		default:
			return nil, unknownSpacing(spacing, "leading, linspace or trailing with this sampler")
		}
	}
	return out, inside(int(out[0]), n, T, offset)
}
