package enginetest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"unnoise/wasm/checkpoint"
	"unnoise/wasm/engine"
	"unnoise/wasm/goldens"
	"unnoise/wasm/model"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// Pack converts a checkpoint's folder and opens the pack, all in memory.
func Pack(t testing.TB, dir string, dtype weights.DType) *model.Model {
	t.Helper()
	c, err := checkpoint.Open(os.DirFS(dir), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var data bytes.Buffer
	k, err := c.Convert(context.Background(), &data, dtype, model.Provenance{Object: jsontree.NewObject()})
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.OpenBytes(append(k.Header(), data.Bytes()...), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify(); err != nil {
		t.Fatal(err)
	}
	return m
}

// Denoiser loads a pack on an engine.
func Denoiser(t testing.TB, e engine.Engine, m *model.Model) *engine.Denoiser {
	t.Helper()
	d, err := engine.NewDenoiser(context.Background(), e, m.Net, m.Plan, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Release)
	return d
}

// Networks checks every U-Net of goldens/unet, in whatever layout it was saved, with weights of the given types (float16 and float32
// where none is given), against the float64 run with the same weights. bound is the largest difference allowed, of outputs of standard
// deviation 1.
func Networks(t *testing.T, e engine.Engine, bound float64, dtypes ...weights.DType) {
	if len(dtypes) == 0 {
		dtypes = []weights.DType{weights.F16, weights.F32}
	}
	for _, name := range goldens.Names(t, "unet") {
		dir := filepath.Join(goldens.Dir(t), "unet", name)
		t.Run(name, func(t *testing.T) {
			for _, dtype := range dtypes {
				d := Denoiser(t, e, Pack(t, dir, dtype))
				files, err := filepath.Glob(filepath.Join(dir, "cases*.safetensors"))
				if err != nil || len(files) == 0 {
					t.Fatal("no cases")
				}
				for _, file := range files {
					rel, _ := filepath.Rel(goldens.Dir(t), file)
					worst := cases(t, d, goldens.Open(t, rel), map[weights.DType]string{weights.F16: "eps64_w16.", weights.F32: "eps64."}[dtype], bound)
					t.Logf("%s %s: largest difference %.2g", filepath.Base(file), dtype, worst)
				}
			}
		})
	}
}

// cases runs every case of a file and compares with the given reference.
func cases(t *testing.T, d *engine.Denoiser, f *goldens.File, reference string, bound float64) (worst float64) {
	var names []string
	for _, entry := range f.Entries {
		if n, ok := strings.CutPrefix(entry.Name, "x."); ok {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	for i, n := range names {
		want := reference
		if !f.Has(want + n) {
			t.Errorf("case %s has no %s", n, reference)
			continue
		}
		got := Denoise(t, d, f.Values("x."+n), f.Float64s("t."+n), labels(f, "y."+n))
		diff, err := goldens.Compare(got, f.Values(want+n), goldens.Tolerance{Abs: bound})
		if err != nil {
			t.Errorf("case %s: %v", n, err)
		}
		worst = max(worst, diff)
		if d.Net.Classes > 0 && i == 0 {
			both(t, d, f, n, f.Values(want+n), bound)
		}
	}
	return worst
}

// both runs a case of a network with classes together with one for label 0, as guidance does, and compares the two.
func both(t *testing.T, d *engine.Denoiser, f *goldens.File, n string, want []float32, bound float64) {
	t.Helper()
	was := d.Net.NullLabel
	defer func() { d.Net.NullLabel = was }()
	d.Net.NullLabel = 0
	ts, x := f.Float64s("t."+n), f.Values("x."+n)
	tensors := make([]engine.Tensor, 3)
	for i, s := range []engine.Shape{d.InShape(len(ts)), d.OutShape(len(ts)), d.OutShape(len(ts))} {
		var err error
		if tensors[i], err = d.Engine.NewTensor(s); err != nil {
			t.Fatal(err)
		}
		defer tensors[i].Release()
	}
	err := tensors[0].Write(x)
	if err == nil {
		err = d.DenoiseBoth(t.Context(), tensors[1], tensors[2], tensors[0], ts, labels(f, "y."+n))
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float32{want, Denoise(t, d, x, ts, make([]int, len(ts)))} {
		got := make([]float32, len(want))
		if err := tensors[1+i].Read(t.Context(), got); err != nil {
			t.Fatal(err)
		}
		if _, err := goldens.Compare(got, want, goldens.Tolerance{Abs: bound}); err != nil {
			t.Errorf("case %s, output %d of two together: %v", n, i, err)
		}
	}
}

func labels(f *goldens.File, name string) []int {
	if !f.Has(name) {
		return nil
	}
	var out []int
	for _, v := range f.Float64s(name) {
		out = append(out, int(v))
	}
	return out
}

// Denoise runs the network once.
func Denoise(t testing.TB, d *engine.Denoiser, x []float32, ts []float64, y []int) []float32 {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	in, err := d.Engine.NewTensor(d.InShape(len(ts)))
	must(err)
	defer in.Release()
	out, err := d.Engine.NewTensor(d.OutShape(len(ts)))
	must(err)
	defer out.Release()
	must(in.Write(x))
	must(d.Denoise(ctx, out, in, ts, y))
	values := make([]float32, out.Shape().Len())
	must(out.Read(ctx, values))
	return values
}
