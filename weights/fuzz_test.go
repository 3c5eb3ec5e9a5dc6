package weights

import (
	"crypto/sha256"
	"errors"
	"testing"
)

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hexText(sum[:])
}

// FuzzOpen: no file makes the reader panic, and what it accepts can be read tensor by tensor.
func FuzzOpen(f *testing.F) {
	for _, a := range attacks {
		if len(a.file) < 1<<12 {
			f.Add(a.file)
		}
	}
	f.Add(safetensors(two, 12))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := OpenBytes(data, "fuzz")
		if err != nil {
			ownError(t, err)
			return
		}
		total := int64(0)
		for _, e := range file.Entries {
			x, err := file.Tensor(e.Name)
			if err != nil {
				t.Fatal(err)
			}
			if x.Len()*x.DType.Size() != len(x.Data) {
				t.Fatalf("%q: %d elements of %s in %d bytes", e.Name, x.Len(), x.DType, len(x.Data))
			}
			if _, err := x.Float32s(); err != nil {
				ownError(t, err)
			}
			total += int64(len(x.Data))
		}
		if total != file.size {
			t.Fatalf("tensors have %d bytes, the file %d", total, file.size)
		}
	})
}

// FuzzPack: no file makes the pack's reader panic, and Verify reads all of what it accepts.
func FuzzPack(f *testing.F) {
	f.Add(pack(f, samples()...))
	f.Add(pack(f))
	f.Add(safetensors(two, 12))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := OpenPack(Bytes(data), int64(len(data)), "fuzz")
		if err == nil {
			err = p.Verify()
		}
		if err != nil {
			ownError(t, err)
		}
	})
}

func ownError(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is a %T, want *weights.Error", err, err)
	}
}
