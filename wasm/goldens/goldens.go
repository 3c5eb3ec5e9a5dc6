// Package goldens finds reference values made by PyTorch and compares results with them. Tests use it; nothing else does.
//
// The files lie in wasm/testdata/goldens; the environment variable GOLDENS names another tree of the same form.
package goldens

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"unnoise/weights"
)

// Dir is the root of the reference files.
func Dir(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("GOLDENS"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "wasm", "testdata", "goldens")
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		break
	}
	t.Fatal("goldens: no go.mod above the working directory; set GOLDENS")
	return ""
}

// Names lists the entries of a folder of the tree: files without their extension, folders as they are. An empty folder
// is a failure: a test that checks nothing must not pass.
func Names(t testing.TB, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(Dir(t), folder))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		names = append(names, name[:len(name)-len(filepath.Ext(name))])
	}
	if len(names) == 0 {
		t.Fatalf("goldens: nothing in %s", folder)
	}
	return names
}

// Open reads a .safetensors file of the tree.
func Open(t testing.TB, path ...string) *File {
	t.Helper()
	name := filepath.Join(append([]string{Dir(t)}, path...)...)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := weights.OpenBytes(data, name)
	if err != nil {
		t.Fatal(err)
	}
	return &File{f, t}
}

// File is an open reference file whose readers fail the test.
type File struct {
	*weights.File
	t testing.TB
}

// Values reads a tensor as float32.
func (f *File) Values(name string) []float32 {
	f.t.Helper()
	v, err := f.must(name).Float32s()
	if err != nil {
		f.t.Fatal(err)
	}
	return v
}

// Float64s reads a tensor as float64.
func (f *File) Float64s(name string) []float64 {
	f.t.Helper()
	v, err := f.must(name).Float64s()
	if err != nil {
		f.t.Fatal(err)
	}
	return v
}

// Shape is a tensor's shape.
func (f *File) Shape(name string) []int {
	f.t.Helper()
	return f.must(name).Shape
}

func (f *File) must(name string) weights.Tensor {
	f.t.Helper()
	t, err := f.Tensor(name)
	if err != nil {
		f.t.Fatal(err)
	}
	return t
}

// Int reads a number from the metadata.
func (f *File) Int(key string) int {
	f.t.Helper()
	n, err := strconv.Atoi(f.Text(key))
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// Float reads a number from the metadata.
func (f *File) Float(key string) float64 {
	f.t.Helper()
	x, err := strconv.ParseFloat(f.Text(key), 64)
	if err != nil {
		f.t.Fatal(err)
	}
	return x
}

// Text reads a string from the metadata.
func (f *File) Text(key string) string {
	f.t.Helper()
	s, ok := f.Metadata[key]
	if !ok {
		f.t.Fatalf("%s: no metadata %q", f.Name(), key)
	}
	return s
}
