package evalcase_test

import (
	"bytes"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/evalcase"
	"unnoise/wasm/goldens"
	"unnoise/weights"
)

func load(t *testing.T, name string) *engine.Denoiser {
	t.Helper()
	m := enginetest.Pack(t, filepath.Join(goldens.Dir(t), "unet", name), weights.F16)
	return enginetest.Denoiser(t, cpu.New(cpu.Options{Threads: 1}), m)
}

// run writes the tensors to a file and runs it.
func run(t *testing.T, d *engine.Denoiser, tensors ...weights.Tensor) (*weights.File, error) {
	t.Helper()
	var buf bytes.Buffer
	if err := weights.Write(&buf, nil, tensors); err != nil {
		t.Fatal(err)
	}
	in, err := weights.OpenBytes(buf.Bytes(), "cases.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	out, err := evalcase.Run(t.Context(), d, in, nil)
	if err != nil {
		return nil, err
	}
	f, err := weights.OpenBytes(out, "out")
	if err != nil {
		t.Fatal(err)
	}
	return f, nil
}

// The reference files are such files: whole numbers and fractions of time, classes, six outputs for three channels.
func TestReferenceFiles(t *testing.T) {
	for _, c := range [][2]string{{"tutorial-flavour", "cases"}, {"tutorial-flavour", "cases-fractional-t"}, {"classes", "cases"}, {"learned-sigma", "cases"}} {
		d := load(t, c[0])
		in := goldens.Open(t, "unet", c[0], c[1]+".safetensors")
		calls := 0
		data, err := evalcase.Run(t.Context(), d, in.File, func(done, total int) { calls++ })
		if err != nil {
			t.Fatal(err)
		}
		out, err := weights.OpenBytes(data, "out")
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Entries) != calls || calls == 0 || out.Metadata["engine"] != "cpu" || out.Metadata["adapter"] == "" || out.Metadata["precision"] != "float32" {
			t.Errorf("%s: %d results, %d calls, metadata %v", c[0], len(out.Entries), calls, out.Metadata)
		}
		for _, e := range out.Entries {
			reference := strings.Replace(e.Name, "eps.", "eps64_w16.", 1)
			x, err := out.Tensor(e.Name)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := x.Float32s()
			// 3e-5: what the references' README asks of float32 arithmetic.
			if _, err := goldens.Compare(got, in.Values(reference), goldens.Tolerance{Abs: 3e-5}); err != nil || !slices.Equal(e.Shape, in.Shape(reference)) {
				t.Errorf("%s %s of shape %v: %v", c[0], e.Name, e.Shape, err)
			}
		}
	}
}

// x and ts are inputs of the tutorial network (3x16x16) and of the class network (3x8x8).
func x(name string, shape ...int) weights.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return weights.FromFloat32s(name, shape, make([]float32, n))
}

func ts(name string, t ...float32) weights.Tensor {
	return weights.FromFloat32s(name, []int{len(t)}, t)
}

func labels(name string, y ...int64) weights.Tensor {
	return weights.FromInt64s(name, []int{len(y)}, y)
}

func TestBadCases(t *testing.T) {
	plain, classes := load(t, "tutorial-flavour"), load(t, "classes")
	nan := float32(math.NaN())
	for what, c := range map[string]struct {
		d    *engine.Denoiser
		in   []weights.Tensor
		says []string
	}{
		"nothing":          {plain, nil, []string{"no case", "x.0"}},
		"other names":      {plain, []weights.Tensor{x("input", 1)}, []string{"no case"}},
		"number below 0":   {plain, []weights.Tensor{x("x.-1", 1)}, []string{"no case"}},
		"three dimensions": {plain, []weights.Tensor{x("x.0", 3, 16, 16), ts("t.0", 1)}, []string{`"x.0"`, "16,16]"}},
		"other channels":   {plain, []weights.Tensor{x("x.0", 1, 1, 16, 16), ts("t.0", 1)}, []string{`"x.0"`}},
		"other size":       {plain, []weights.Tensor{x("x.0", 1, 3, 16, 8), ts("t.0", 1)}, []string{`"x.0"`}},
		"no samples":       {plain, []weights.Tensor{x("x.0", 0, 3, 16, 16), ts("t.0")}, []string{`"x.0"`}},
		"no t":             {plain, []weights.Tensor{x("x.3", 1, 3, 16, 16)}, []string{`"t.3"`, "missing"}},
		"t too short":      {plain, []weights.Tensor{x("x.0", 2, 3, 16, 16), ts("t.0", 1)}, []string{`"t.0"`, "2 samples"}},
		"t no number":      {plain, []weights.Tensor{x("x.0", 1, 3, 16, 16), ts("t.0", nan)}, []string{"case 0", "not a number"}},
		"labels unwanted":  {plain, []weights.Tensor{x("x.0", 1, 3, 16, 16), ts("t.0", 1), labels("y.0", 1)}, []string{"case 0", "classes"}},
		"labels missing":   {classes, []weights.Tensor{x("x.0", 1, 3, 8, 8), ts("t.0", 1)}, []string{"case 0", "label"}},
		"labels too few":   {classes, []weights.Tensor{x("x.0", 2, 3, 8, 8), ts("t.0", 1, 2), labels("y.0", 1)}, []string{`"y.0"`, "2 samples"}},
		"label too large":  {classes, []weights.Tensor{x("x.0", 1, 3, 8, 8), ts("t.0", 1), labels("y.0", 10)}, []string{"case 0", "10"}},
		"label below 0":    {classes, []weights.Tensor{x("x.0", 1, 3, 8, 8), ts("t.0", 1), labels("y.0", -1)}, []string{"case 0", "-1"}},
		"label a fraction": {classes, []weights.Tensor{x("x.0", 1, 3, 8, 8), ts("t.0", 1), ts("y.0", 1.5)}, []string{`"y.0"`, "whole"}},
		"label no number":  {classes, []weights.Tensor{x("x.0", 1, 3, 8, 8), ts("t.0", 1), ts("y.0", nan)}, []string{`"y.0"`, "whole"}},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := run(t, c.d, c.in...)
			var e *weights.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v is a %T, want *weights.Error", err, err)
			}
			for _, says := range append(c.says, "cases.safetensors") {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("error %q does not say %q", err, says)
				}
			}
		})
	}
}

// Cases are found by number, in any order and with gaps.
func TestNumbers(t *testing.T) {
	d := load(t, "classes")
	out, err := run(t, d, x("x.10", 1, 3, 8, 8), ts("t.10", 5), labels("y.10", 0), x("x.2", 1, 3, 8, 8), ts("t.2", 5), labels("y.2", 0))
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Entries) != 2 || out.Entries[0].Name != "eps.2" || out.Entries[1].Name != "eps.10" {
		t.Errorf("results %v", out.Entries)
	}
}
