package checkpoint

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"unnoise/wasm/model"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// Weights beyond float16's range are kept all the same, and said: times a power of two, or in float32 where none is large enough.
func TestBeyondHalf(t *testing.T) {
	for what, c := range map[string]struct {
		value   float32
		float32 bool
		says    string
	}{
		"large":  {1e6, false, "1 values are beyond float16's range"},
		"larger": {-1e34, false, "beyond float16's range"},
		"giant":  {3e38, true, "kept in float32"},
	} {
		t.Run(what, func(t *testing.T) {
			f := golden(t, "tutorial-flavour")
			f.tensor("conv_out.weight", withValue(c.value))
			ck, err := Open(f.MapFS, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer ck.Close()
			var data bytes.Buffer
			k, err := ck.Convert(t.Context(), &data, weights.F16, model.Provenance{Object: jsontree.NewObject()})
			if err != nil {
				t.Fatal(err)
			}
			notes := strings.Join(ck.Notes, "\n")
			if !strings.Contains(notes, `"head.conv.weight"`) || !strings.Contains(notes, c.says) {
				t.Errorf("notes %q do not say %q", notes, c.says)
			}
			r := k.Rounding[len(k.Rounding)-1]
			if r.Name != "head.conv.weight" || r.Float32 != c.float32 || !r.Float32 && (r.Overflow != 1 || r.Scaled == 0) {
				t.Errorf("rounding %+v", r)
			}
			m, err := model.OpenBytes(append(k.Header(), data.Bytes()...), "pack")
			if err != nil {
				t.Fatal(err)
			}
			if back := largest(t, m); math.Abs(back/math.Abs(float64(c.value))-1) > 0x1p-11 {
				t.Errorf("%g came back as %g", c.value, back)
			}
		})
	}
}

// largest is the largest weight of the last layer, with its scale.
func largest(t *testing.T, m *model.Model) float64 {
	t.Helper()
	floats := func(name string) []float64 {
		x, err := m.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := x.Float64s()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v, scale := floats("head.conv.weight"), []float64{1}
	if m.Has("head.conv.scale") {
		scale = floats("head.conv.scale")
	}
	top := 0.0
	for i, x := range v {
		top = max(top, math.Abs(x*scale[i%len(scale)]))
	}
	return top
}
