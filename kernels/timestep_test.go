package kernels

import (
	"math"
	"strconv"
	"testing"

	"unnoise/wasm/goldens"
)

// 1e-7: the reference is float64 stored as float32, and so is ours.
func TestTimestepReference(t *testing.T) {
	f := goldens.Open(t, "layers", "timestep_embedding.safetensors")
	ts := f.Float64s("t")
	for i := range f.Int("cases") {
		n := strconv.Itoa(i)
		dim, got := f.Int("dim."+n), []float32(nil)
		flip := f.Text("flip_sin_to_cos." + n)
		for _, at := range ts {
			room := guarded(dim)
			Timestep(room[guardWidth:][:dim], at, flip == "true" || flip == "True", f.Float("freq_shift."+n))
			got = append(got, unguarded(t, room, dim)...)
		}
		if worst, err := goldens.Compare(got, f.Values("y."+n), goldens.Tolerance{Abs: 1e-7}); err != nil {
			t.Errorf("case %s (worst %g): %v", n, worst, err)
		}
	}
}

func TestTimestepOddWidth(t *testing.T) {
	out := []float32{9, 9, 9}
	Timestep(out, 2, true, 0)
	near(t, out, []float32{float32(math.Cos(2)), float32(math.Sin(2)), 0}, 1e-7, 0)
}
