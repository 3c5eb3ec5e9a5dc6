package sampler_test

import (
	"math"
	"slices"
	"testing"

	"unnoise/wasm/noise"
	"unnoise/wasm/sampler"
)

// The ends of both interpolations are what they go between, and a mixture is as long as noise is.
func TestBetween(t *testing.T) {
	const size = 4096
	a, b := make([]float32, size), make([]float32, size)
	for i := range a {
		a[i], b[i] = 0.5, -0.25
	}
	lambdas := []float64{0, 0.5, 1}
	got := sampler.Between(a, b, lambdas, 0.36, 3, 100)
	want := sampler.Forward(append(append([]float32{}, a...), b...), 2, 0.36, 3, 100, 0)
	if !slices.Equal(got[:size], want[:size]) || !slices.Equal(got[2*size:], want[size:]) {
		t.Error("the ends are not the noised pictures")
	}
	for i, v := range got[size:][:size] {
		if mean := (want[i] + want[size+i]) / 2; math.Abs(float64(v-mean)) > 1e-6 {
			t.Fatalf("value %d of the middle is %v, the mean %v", i, v, mean)
		}
	}
}

func TestArc(t *testing.T) {
	const size = 4096
	ends := [2][]float32{make([]float32, size), make([]float32, size)}
	seeds := [2]uint64{3, 8}
	for i := range ends {
		noise.Normals(ends[i], seeds[i], noise.Start, 0, 0)
	}
	got := sampler.Arc(size, seeds, []float64{0, 0.25, 0.5, 1}, 2)
	for i, v := range ends[0] {
		if math.Abs(float64(got[i]-2*v)) > 1e-6 || math.Abs(float64(got[3*size+i]-2*ends[1][i])) > 1e-6 {
			t.Fatalf("value %d of an end is not that of its seed", i)
		}
	}
	for k := range 4 {
		var squares float64
		for _, v := range got[k*size:][:size] {
			squares += float64(v) * float64(v)
		}
		if length := math.Sqrt(squares / size); math.Abs(length-2) > 0.05 { // standard error 0.022
			t.Errorf("point %d has length %v, noise has 2", k, length)
		}
	}
	// One vector twice has no great circle: it stays where it is.
	for i, v := range sampler.Arc(size, [2]uint64{3, 3}, []float64{0.5}, 1) {
		if math.Abs(float64(v-ends[0][i])) > 1e-5 {
			t.Fatalf("between a seed and itself lies %v, not %v", v, ends[0][i])
		}
	}
}

// With one noise samples that begin alike stay alike, those of a part are those of the whole, and sample 0 is what it is alone.
func TestOneNoise(t *testing.T) {
	l := load(t, "chain-tutorial")
	for name, r := range requests {
		size := l.d.InShape(1).Len()
		begin := make([]float32, 2*size)
		cfg := sampler.Config{Request: r, Seed: 9, Count: 2, Begin: begin, OneNoise: true}
		both := l.picture(cfg)
		if !slices.Equal(both[:size], both[size:]) {
			t.Errorf("%s: two samples that begin alike end apart", name)
		}
		cfg.Count, cfg.First, cfg.Begin = 1, 1, begin[:size]
		if !slices.Equal(l.picture(cfg), both[size:]) {
			t.Errorf("%s: sample 1 alone is another", name)
		}
		cfg.First, cfg.OneNoise = 0, false
		if !slices.Equal(l.picture(cfg), both[:size]) {
			t.Errorf("%s: sample 0 has another noise than alone", name)
		}
	}
}
