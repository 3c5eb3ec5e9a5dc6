package noise

import (
	"math"
	"slices"
	"testing"
)

// Coarse values are normal in mean, variance and tail, the same by Fill and by Dot, and their own for every counter.
func TestCoarse(t *testing.T) {
	c := NewCoarse()
	const n = 1 << 16
	z := make([]float32, n)
	c.Fill(z, 1, 2, 3, 4)
	var sum, squares, fourth float64
	beyond := 0
	for _, v := range z {
		x := float64(v)
		sum, squares, fourth = sum+x, squares+x*x, fourth+x*x*x*x
		if math.Abs(x) > 1.959964 {
			beyond++
		}
	}
	// Standard errors: 0.004, 0.006, 0.04 and 0.0009.
	if m, v, k := sum/n, squares/n, fourth/n; math.Abs(m) > 0.016 || math.Abs(v-1) > 0.024 || math.Abs(k-3) > 0.16 {
		t.Errorf("mean %v, variance %v, fourth moment %v", m, v, k)
	}
	if share := float64(beyond) / n; math.Abs(share-0.05) > 0.004 {
		t.Errorf("%v lie beyond 1.96", share)
	}
	for _, size := range []int{1, 2, 7, 8, 9, 31, 1000} {
		d, want := make([]float32, size), float32(0)
		for i := range d {
			d[i] = float32(math.Sin(float64(i)))
			want += d[i] * z[i]
		}
		if got := c.Dot(d, 1, 2, 3, 4); math.Abs(float64(got-want)) > 1e-4 {
			t.Errorf("%d values: inner product %v, want %v", size, got, want)
		}
	}
	other := make([]float32, 64)
	for _, k := range [][4]uint32{{2, 2, 3, 4}, {1, 3, 3, 4}, {1, 2, 4, 4}, {1, 2, 3, 5}} {
		if c.Fill(other, uint64(k[0]), k[1], k[2], k[3]); slices.Equal(other, z[:64]) {
			t.Errorf("%v gives the values of another counter", k)
		}
	}
}

// The first time is Normals itself; every repeat and stream has its own noise.
func TestRepeated(t *testing.T) {
	a, b := make([]float32, 16), make([]float32, 16)
	Normals(a, 5, Repaint, 9, 2)
	if Repeated(b, 5, Repaint, 0, 9, 2); !slices.Equal(a, b) {
		t.Error("repeat 0 is not Normals")
	}
	for _, repeat := range []uint8{1, 2, 255} {
		if Repeated(b, 5, Repaint, repeat, 9, 2); slices.Equal(a, b) {
			t.Errorf("repeat %d has the first one's noise", repeat)
		}
	}
	if Normals(b, 5, RepaintBack, 9, 2); slices.Equal(a, b) {
		t.Error("two streams have the same noise")
	}
}
