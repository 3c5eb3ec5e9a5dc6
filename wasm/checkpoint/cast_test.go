package checkpoint

import (
	"math"
	"testing"

	"unnoise/kernels"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// halve casts a matrix [..][cout]: a checkpoint of one linear layer, whose rows are the output channels.
func halve(t *testing.T, v []float32, cout int) (bits []uint16, scale []float32) {
	t.Helper()
	cin := len(v) / cout
	rows := make([]float32, len(v))
	for i, x := range v {
		rows[i%cout*cin+i/cout] = x
	}
	data := weights.FromFloat32s("w", []int{cout, cin}, rows).Data
	c := &Checkpoint{maps: map[string]mapping{"w": {from: []string{"w"}, shape: []int{cout, cin}, order: outFirst, out: []int{cin, cout}}}}
	if err := c.add(&stored{"file", "w", weights.F32, []int{cout, cin}, weights.Bytes(data)}); err != nil {
		t.Fatal(err)
	}
	x, scale, _, err := (&caster{c: c}).matrix(unet.WeightSpec{Name: "w", Shape: []int{cin, cout}})
	if err != nil {
		t.Fatal(err)
	}
	return x.Halves(), scale
}

// halved casts one channel and undoes the scale.
func halved(t *testing.T, v []float32) (back []float32, bits []uint16, scale float32) {
	t.Helper()
	bits, scales := halve(t, v, 1)
	scale = 1
	if scales != nil {
		scale = scales[0]
	}
	if m, _ := math.Frexp(float64(scale)); m != 0.5 {
		t.Errorf("scale %g is no power of two", scale)
	}
	for _, b := range bits {
		back = append(back, kernels.HalfToFloat(b)*scale)
	}
	return back, bits, scale
}

func subnormal(bits uint16) bool { return bits&0x7c00 == 0 && bits&0x3ff != 0 }

// A channel of ordinary values is left alone; one that reaches out of the normal range is scaled.
func TestHalveScalesOnlyWhatNeedsIt(t *testing.T) {
	for what, c := range map[string]struct {
		v      []float32
		scaled bool
	}{
		"ordinary":           {[]float32{1, -0.5, 0.001, 0}, false},
		"zeros":              {[]float32{0, 0, 0}, false},
		"smallest normal":    {[]float32{0x1p-14, 1}, false},
		"subnormal":          {[]float32{0x1p-15, 1}, true},
		"largest":            {[]float32{65504}, false},
		"too large":          {[]float32{65505}, true},
		"far too large":      {[]float32{-1e30, 1e25}, true},
		"tiny":               {[]float32{1e-30, -3e-31}, true},
		"tiny and ordinary":  {[]float32{1e-6, 0.3}, true},
		"float32 subnormals": {[]float32{1e-40}, true},
	} {
		back, _, scale := halved(t, c.v)
		if (scale != 1) != c.scaled {
			t.Errorf("%s: scale %g", what, scale)
		}
		for i, v := range back {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) || (v == 0) != (c.v[i] == 0) && c.v[i] > 0x1p-28 {
				t.Errorf("%s: %g came back as %g", what, c.v[i], v)
			}
		}
	}
}

// Random channels of every size: what is above 2^-28 of the channel's top is a normal half, good to half a unit of its
// 11 bits, 2^-11 relative; the largest value keeps its distance from overflow.
func TestHalvePrecision(t *testing.T) {
	state := uint64(1)
	random := func() float64 { // xorshift, in [-1, 1)
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		return float64(int64(state)) / (1 << 63)
	}
	for exp := -84; exp <= 114; exp++ { // factors go from 2^-100 to 2^100
		v := make([]float32, 200)
		top := 0.0
		for i := range v {
			v[i] = float32(math.Ldexp(random(), exp-i%30))
			top = max(top, math.Abs(float64(v[i])))
		}
		back, bits, _ := halved(t, v)
		for i := range v {
			want, got := float64(v[i]), float64(back[i])
			if bits[i]&0x7c00 == 0x7c00 {
				t.Fatalf("2^%d: %g overflows", exp, want)
			}
			if math.Abs(want) <= top*0x1p-28 {
				continue
			}
			if subnormal(bits[i]) {
				t.Fatalf("2^%d: %g of a channel up to %g is subnormal", exp, want, top)
			}
			if math.Abs(got-want) > math.Abs(want)*0x1p-11 {
				t.Fatalf("2^%d: %g came back as %g", exp, want, got)
			}
		}
	}
}

// Channels are columns, each with a scale of its own; untouched ones have exactly 1.
func TestHalveChannels(t *testing.T) {
	v := []float32{ // [3][4]
		1, 1e-7, 0, 1e6,
		2, 3e-7, 0, 1,
		-3, -2e-7, 0, -1e6,
	}
	bits, scale := halve(t, v, 4)
	if len(scale) != 4 || scale[0] != 1 || scale[1] == 1 || scale[2] != 1 || scale[3] == 1 {
		t.Fatalf("scales %v", scale)
	}
	for i, x := range v {
		got := kernels.HalfToFloat(bits[i]) * scale[i%4]
		if math.Abs(float64(got-x)) > math.Abs(float64(x))*0x1p-11 {
			t.Errorf("value %d: %g came back as %g", i, x, got)
		}
	}
	if _, scale := halve(t, []float32{1, 2}, 2); scale != nil {
		t.Errorf("scales %v where none is needed", scale)
	}
}
