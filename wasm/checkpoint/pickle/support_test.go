package pickle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"unnoise/weights"
)

// asm writes pickles an opcode at a time, as torch.save does and as attackers do.
type asm struct{ bytes.Buffer }

func program(parts ...any) []byte {
	a := &asm{}
	a.WriteString("\x80\x02")
	for _, p := range parts {
		a.part(p)
	}
	a.WriteByte('.')
	return a.Bytes()
}

// part writes raw opcodes (string), a text (text), a number (int) or a nested list of parts.
func (a *asm) part(p any) {
	switch p := p.(type) {
	case string:
		a.WriteString(p)
	case text:
		a.WriteByte('X')
		a.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(p))))
		a.WriteString(string(p))
	case int:
		a.WriteByte('J')
		a.Write(binary.LittleEndian.AppendUint32(nil, uint32(int32(p))))
	case []any:
		for _, q := range p {
			a.part(q)
		}
	}
}

type text string

// parts is a sequence.
func parts(p ...any) []any { return p }

// ints is a tuple of numbers.
func ints(v ...int) []any {
	out := parts("(")
	for _, n := range v {
		out = append(out, n)
	}
	return append(out, "t")
}

// stored is a persistent id.
func stored(class, key string, length int) []any {
	return parts("(", text("storage"), "ctorch\n"+class+"\n", text(key), text("cpu"), length, "tQ")
}

// tensor is _rebuild_tensor_v2(storage, offset, shape, strides, False, OrderedDict()).
func tensor(storage []any, offset int, shape, strides []any) []any {
	return parts("ctorch._utils\n_rebuild_tensor_v2\n(", storage, offset, shape, strides, "\x89ccollections\nOrderedDict\n)RtR")
}

// dict is a dictionary of alternating keys and values.
func dict(items ...any) []any { return append(append(parts("}("), items...), "u") }

// archived makes a zip as torch.save does: stored entries.
func archived(t testing.TB, entries map[string][]byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, name := range []string{"m/data.pkl", "m/byteorder", "m/data/0", "m/data/1", "m/constants.pkl", "n/data.pkl"} {
		if entries[name] == nil {
			continue
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(entries[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// floats are little-endian elements.
func floats(v ...float32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// small is an archive of one tensor w [2,3] holding 1 to 6.
func small(t testing.TB) []byte {
	return archived(t, map[string][]byte{
		"m/data.pkl": program(dict(text("w"), tensor(stored("FloatStorage", "0", 6), 0, ints(2, 3), ints(3, 1)))),
		"m/data/0":   floats(1, 2, 3, 4, 5, 6),
	})
}

// legacy makes the older stream of the same.
func legacy(object []byte, keys []any, data ...[]byte) []byte {
	b := []byte("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.")
	b = append(b, "\x80\x02M\xe9\x03."...)
	b = append(b, program(dict(text("little_endian"), "\x88"))...)
	b = append(append(b, object...), program(append(append(parts("]("), keys...), "e"))...)
	for _, d := range data {
		b = append(binary.LittleEndian.AppendUint64(b, uint64(len(d)/4)), d...)
	}
	return b
}

func smallLegacy() []byte {
	return legacy(program(dict(text("w"), tensor(parts("(", text("storage"), "ctorch\nFloatStorage\n", text("7"), text("cpu"), 6, "NtQ"), 0, ints(2, 3), ints(3, 1)))),
		parts(text("7")), floats(1, 2, 3, 4, 5, 6))
}

func open(data []byte) (*File, error) { return Open(weights.Bytes(data), int64(len(data)), "model.pt") }

// read gives a tensor's values.
func read(t testing.TB, f *File, name string) []float32 {
	t.Helper()
	v, ok := f.Root.(*Dict).Get(name)
	if !ok {
		t.Fatalf("no %q", name)
	}
	x := v.(*Tensor)
	data := make([]byte, 4*x.Len())
	if _, err := x.ReadAt(data, 0); err != nil {
		t.Fatal(err)
	}
	out, err := weights.Tensor{DType: weights.F32, Shape: x.Shape, Data: data}.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// refused demands this project's error, one short line that says everything given.
func refused(t *testing.T, err error, says ...string) {
	t.Helper()
	var e *weights.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is a %T, want *weights.Error", err, err)
	}
	for _, s := range append(says, "model.pt") {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %q does not say %q", err, s)
		}
	}
	if strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
		t.Errorf("error is not one short line: %q", err)
	}
}
