package enginetest

import (
	"bytes"
	"slices"
	"testing"

	"unnoise/wasm/engine"
)

// Fetches checks that copies on their way out of an engine are of what was there when they were issued, whatever is done before they are
// waited for, and in whatever order that is; and that room of another size is refused.
func Fetches(t *testing.T, e engine.Engine) {
	s := engine.Shape{N: 2, C: 3, H: 4, W: 5}
	x, err := e.NewTensor(s)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Release()
	const copies = 6
	var values, want [copies][]float32
	var pixels, wantPixels [copies][]byte
	var fetches []engine.Fetch
	issued := func(f engine.Fetch, err error) {
		if err != nil {
			t.Fatal(err)
		}
		fetches = append(fetches, f)
	}
	for i := range copies {
		want[i], wantPixels[i] = make([]float32, s.Len()), make([]byte, s.Len()/3*4)
		for k := range want[i] {
			want[i][k] = float32((k*7+i*11)%256)/127.5 - 1
		}
		if err := x.Write(want[i]); err != nil {
			t.Fatal(err)
		}
		if wantPixels[i], err = engine.ReadPixels(t.Context(), e, x); err != nil {
			t.Fatal(err)
		}
		values[i], pixels[i] = make([]float32, s.Len()), make([]byte, len(wantPixels[i]))
		issued(x.Fetch(values[i]))
		issued(e.Pixels(x, pixels[i]))
		if err := e.Combine(x, 0.5, 0, engine.Term{Coef: -1, T: x}); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range slices.Backward(fetches) {
		if err := f.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range copies {
		if !slices.Equal(values[i], want[i]) || !bytes.Equal(pixels[i], wantPixels[i]) {
			t.Errorf("copy %d is of another time: %v", i, values[i][:4])
		}
	}
	_, short := x.Fetch(values[0][1:])
	_, cut := e.Pixels(x, pixels[0][4:])
	if short == nil || cut == nil {
		t.Errorf("room of another size: %v, %v", short, cut)
	}
}
