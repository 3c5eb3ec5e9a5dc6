//go:build !js

package weights

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// opened is what testdata/open_pack.py prints.
type opened struct {
	Metadata map[string]string
	Tensors  map[string]struct {
		DType  string
		Shape  []int
		Sum    float64
		Finite bool
	}
}

// Python's own safetensors library reads a pack: the same names, types, shapes, numbers and metadata.
func TestPythonOpensPack(t *testing.T) {
	tensors := []Tensor{
		FromHalves("conv.weight", []int{3, 3, 1, 2}, []uint16{0x3c00, 0x8001, 0x7bff, 0xbc00, 0x3555, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
		FromFloat32s("conv.bias", []int{2}, []float32{1.5, -0.1}),
		FromFloat32s("scalar", []int{}, []float32{7}),
		FromFloat32s("b first", []int{2, 2}, []float32{1, 2, 3, 4.25}),
	}
	data := pack(t, tensors...)
	got := openWithPython(t, data)
	ours, err := OpenBytes(data, "pack")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ours.Metadata, got.Metadata); diff != "" {
		t.Errorf("metadata: %s", diff)
	}
	if len(got.Tensors) != len(tensors) {
		t.Errorf("Python found %d tensors, want %d", len(got.Tensors), len(tensors))
	}
	for _, x := range tensors {
		p, values := got.Tensors[x.Name], must(x.Float64s())
		var sum float64
		for _, v := range values {
			sum += v
		}
		if p.DType != string(x.DType) || !cmp.Equal(p.Shape, x.Shape) || p.Sum != sum || !p.Finite {
			t.Errorf("%s: Python found %+v, want %s %v with sum %g", x.Name, p, x.DType, x.Shape, sum)
		}
	}
}

// What Python refuses must not be what we call a pack: the test's own means must be able to fail.
func TestPythonRefusesDamage(t *testing.T) {
	data := pack(t, samples()[:2]...)
	if out, err := python(t, data[:len(data)-1]); err == nil {
		t.Errorf("Python opened a cut file: %s", out)
	}
}

func openWithPython(t *testing.T, data []byte) (o opened) {
	t.Helper()
	out, err := python(t, data)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := json.Unmarshal(out, &o); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return o
}

// python runs testdata/open_pack.py with the interpreter of the repository's own environment.
func python(t *testing.T, data []byte) ([]byte, error) {
	t.Helper()
	root := must(filepath.Abs(".."))
	interpreter := filepath.Join(root, ".venv", "bin", "python")
	if _, err := os.Stat(interpreter); err != nil {
		t.Fatalf("%v: run `make deps .venv` first, or `make test-go`, which does", err)
	}
	file := filepath.Join(t.TempDir(), "pack.safetensors")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	var errors bytes.Buffer
	cmd := exec.Command(interpreter, filepath.Join("testdata", "open_pack.py"), file)
	cmd.Stderr = &errors
	out, err := cmd.Output()
	return append(out, errors.Bytes()...), err
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
