package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"unnoise/kernels"
	"unnoise/wasm/goldens"
	"unnoise/weights"
)

const (
	// evalBound is what the references' README allows float32 arithmetic, of outputs of standard deviation 1.
	evalBound = 3e-5
	// chainBound is what it allows at every mark of a whole chain.
	chainBound = 1e-4
	// evalPixels bounds the networks run here: the engine's own tests run all; this one is about the files.
	evalPixels = 12 * 12
)

func open(t *testing.T, name string) *weights.File {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := weights.OpenBytes(data, name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func tensor(t *testing.T, f *weights.File, name string) (shape []int, v []float32) {
	t.Helper()
	x, err := f.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	if v, err = x.Float32s(); err != nil {
		t.Fatal(err)
	}
	return x.Shape, v
}

// TestEval runs the reference cases of the small networks and compares every output.
func TestEval(t *testing.T) {
	checked := 0
	for _, name := range goldens.Names(t, "unet") {
		dir := filepath.Join(goldens.Dir(t), "unet", name)
		if found, _ := filepath.Glob(filepath.Join(dir, "unet", "*.safetensors")); len(found) == 0 {
			continue // not the diffusers layout
		}
		f := goldens.Open(t, "unet", name, "cases.safetensors")
		if s := f.Shape("x.0"); s[2]*s[3] > evalPixels {
			continue
		}
		checked++
		t.Run(name, func(t *testing.T) {
			pack, out := filepath.Join(t.TempDir(), "pack"), filepath.Join(t.TempDir(), "eps")
			writePack(t, name, weights.F16, pack)
			mustSample(t, "eval", "--model", pack, "--cases", f.Name(), "--out", out)
			compareEval(t, open(t, out), f)
		})
	}
	if checked == 0 {
		t.Error("no network checked")
	}
}

func compareEval(t *testing.T, got *weights.File, f *goldens.File) {
	worst, n := 0.0, 0
	for ; f.Has("x." + strconv.Itoa(n)); n++ {
		i := strconv.Itoa(n)
		_, eps := tensor(t, got, "eps."+i)
		diff, err := goldens.Compare(eps, f.Values("eps64_w16."+i), goldens.Tolerance{Abs: evalBound})
		if err != nil {
			t.Errorf("case %d: %v", n, err)
		}
		worst = max(worst, diff)
	}
	if len(got.Entries) != n || got.Metadata["engine"] != "cpu" || got.Metadata["adapter"] == "" || got.Metadata["precision"] != "float32" {
		t.Errorf("%d outputs for %d cases, metadata %v", len(got.Entries), n, got.Metadata)
	}
	t.Logf("%d cases: largest difference %.2g", n, worst)
}

// TestReplay replays every reference chain through a network: each kept state with float32 weights, the last with float16.
func TestReplay(t *testing.T) {
	checked := 0
	for _, name := range goldens.Names(t, "chains") {
		if !strings.HasPrefix(name, "unet-") {
			continue
		}
		f := goldens.Open(t, "chains", name+".safetensors")
		for _, e := range f.Entries {
			variant, ok := strings.CutPrefix(e.Name, "x_final_w16.")
			if !ok {
				continue
			}
			checked++
			for _, dtype := range []weights.DType{weights.F16, weights.F32} {
				t.Run(name+"/"+variant+"/"+string(dtype), func(t *testing.T) { replayOne(t, f, variant, dtype) })
			}
		}
	}
	if checked == 0 {
		t.Error("no chain checked")
	}
}

// flags of a variant, whose name is a variance, or eta with its value.
func flags(f *goldens.File, variant string) []string {
	if eta, ok := strings.CutPrefix(variant, "eta"); ok {
		return []string{"--sampler", "ddim", "--eta", eta, "--steps", f.Text("num_inference_steps")}
	}
	return []string{"--sampler", "ddpm", "--variance", variant, "--steps", f.Text("num_inference_steps")}
}

func replayOne(t *testing.T, f *goldens.File, variant string, dtype weights.DType) {
	pack, out := filepath.Join(t.TempDir(), "pack"), filepath.Join(t.TempDir(), "states")
	writePack(t, filepath.Base(f.Text("model")), dtype, pack)
	mustSample(t, append([]string{"replay", "--model", pack, "--trace", f.Name(), "--out", out}, flags(f, variant)...)...)
	got := open(t, out)
	shape, x := tensor(t, got, "x")
	_, x0 := tensor(t, got, "x0")
	size := len(f.Values("x_T"))
	if len(shape) != 5 || shape[0] != f.Int("num_inference_steps") || len(x) != shape[0]*size || len(x0) != len(x) {
		t.Fatalf("x is %v", shape)
	}
	check := func(what string, got, want []float32) {
		t.Helper()
		if _, err := goldens.Compare(got, want, goldens.Tolerance{Abs: chainBound}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	last := x[len(x)-size:]
	if dtype == weights.F16 {
		check("last state", last, f.Values("x_final_w16."+variant))
	} else {
		for row, step := range f.Float64s("step") {
			at := int(step) * size
			check("x after step "+strconv.Itoa(int(step)), x[at:][:size], f.Values("x." + variant)[row*size:][:size])
			check("x0 after step "+strconv.Itoa(int(step)), x0[at:][:size], f.Values("x0." + variant)[row*size:][:size])
		}
	}
	_, image := tensor(t, got, "image")
	compareImage(t, image, last, f.Values("image."+variant))
}

// compareImage demands the levels of the last state, and at most one level of distance from the reference: a value near
// the middle between two levels may fall to either side.
func compareImage(t *testing.T, got, last, want []float32) {
	if len(got) != len(want) {
		t.Fatalf("image has %d values, reference %d", len(got), len(want))
	}
	for i := range want {
		if d := got[i] - want[i]; d < -1 || d > 1 || got[i] != float32(kernels.Level(last[i])) {
			t.Errorf("pixel value %d is %g, reference %g", i, got[i], want[i])
			return
		}
	}
}

// TestJSON: --json prints JSON alone, with what was asked for and what ran.
func TestJSON(t *testing.T) {
	pack, out := filepath.Join(t.TempDir(), "pack"), filepath.Join(t.TempDir(), "grid")
	writePack(t, "chain-tutorial", weights.F16, pack)
	text := mustSample(t, "--model", pack, "--steps", "3", "--eta", "0.5", "--seed", "18446744073709551615", "--n", "2", "--out", out, "--json")
	var got summary
	d := json.NewDecoder(bytes.NewBufferString(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil || d.More() {
		t.Fatalf("%v: %s", err, text)
	}
	if len(got.Model) != 64 || got.Name == "" || got.Adapter == "" || got.Seconds <= 0 || got.MsPerStep <= 0 {
		t.Errorf("incomplete: %s", text)
	}
	want := summary{Model: got.Model, Name: got.Name, Sampler: "ddim", Steps: 3, Eta: 0.5, Seed: 1<<64 - 1, N: 2, Engine: "cpu", Adapter: got.Adapter,
		Precision: "float32", Seconds: got.Seconds, MsPerStep: got.MsPerStep, Out: out}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if !bytes.Equal(a, b) {
		t.Errorf("got %s, want %s", a, b)
	}
}
