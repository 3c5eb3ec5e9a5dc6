package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

func plant(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := writeFile(filepath.Join(dir, name), data); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// noise is data that no compressor makes smaller.
func noise(n int) []byte {
	r := rand.NewChaCha8([32]byte{})
	data := make([]byte, n)
	r.Read(data)
	return data
}

func TestBudget(t *testing.T) {
	for _, c := range []struct {
		code, weights int
		fits          bool
	}{{budget - 1000, 3 * budget, true}, {budget + 1000, 0, false}} {
		dir := plant(t, map[string][]byte{"lib/a.wasm": noise(c.code), "models/a.safetensors": noise(c.weights)})
		sizes, err := measure(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := sizes.check(); (err == nil) != c.fits {
			t.Errorf("%d bytes of code, %d of weights: %v", c.code, c.weights, err)
		}
		if sizes.models.raw != c.weights || sizes.total.raw != c.code {
			t.Errorf("counted %d and %d bytes", sizes.models.raw, sizes.total.raw)
		}
	}
}

// Only comments go, and nothing moves; what is no shader stays.
func TestBlankComments(t *testing.T) {
	shaders := os.DirFS(plant(t, map[string][]byte{"a.wgsl": []byte("// Says why.\nx = y / z; // and how\n")}))
	got, err := blankComments([]byte("before // x\x00// Says why.\nx = y / z; // and how\nafter // y"), shaders)
	if err != nil {
		t.Fatal(err)
	}
	if want := "before // x\x00            \nx = y / z;           \nafter // y"; string(got) != want {
		t.Errorf("left\n%q, expected\n%q", got, want)
	}
	program, err := os.ReadFile("../../kernels/conv3x3.wgsl")
	if err != nil {
		t.Fatal(err)
	}
	if program, err = blankComments(program, os.DirFS("../../kernels")); err != nil || bytes.Contains(program, []byte("//")) {
		t.Errorf("a comment is left, or %v", err)
	}
}

// Any changed, renamed or moved file makes another version; packs do not count.
func TestVersion(t *testing.T) {
	of := func(files map[string][]byte) string {
		_, version, err := contents(plant(t, files))
		if err != nil {
			t.Fatal(err)
		}
		return version
	}
	one := of(map[string][]byte{"a.js": []byte("1"), "m/a.safetensors": []byte("x")})
	if same := of(map[string][]byte{"a.js": []byte("1"), "m/a.safetensors": []byte("y")}); same != one {
		t.Error("a pack changed the version")
	}
	for _, files := range []map[string][]byte{
		{"a.js": []byte("2")}, {"b.js": []byte("1")}, {"d/a.js": []byte("1")}, {"a.js": []byte("1"), "b.js": nil},
	} {
		if of(files) == one {
			t.Errorf("%v has the same version", files)
		}
	}
}

func TestServiceWorkerKnowsEveryFile(t *testing.T) {
	dir := plant(t, map[string][]byte{"index.html": nil, "lib/a.js": nil, "models/a.safetensors": nil, "models/a.png": nil})
	files, _, err := contents(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"index.html", "lib/a.js", "models/a.png"}; !slices.Equal(files, want) {
		t.Errorf("files %q, want %q", files, want)
	}
	b := builder{root: "../..", out: dir}
	if err := b.serviceWorker(); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(dir, "sw.js"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(script, []byte("lib/a.js")) || bytes.Contains(script, []byte("SITE_")) {
		t.Errorf("sw.js has not the list of files:\n%s", script)
	}
}

func TestBrokenScriptIsReported(t *testing.T) {
	dir := plant(t, map[string][]byte{"a.js": []byte(`import "./absent.js"`)})
	b := builder{out: dir}
	if err := b.bundle(api.BuildOptions{EntryPoints: []string{filepath.Join(dir, "a.js")}, Outdir: filepath.Join(dir, "out")}); err == nil {
		t.Error("no error")
	}
}
