package pickle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"unnoise/weights"
)

// compressed is an archive whose data.pkl is deflated: 64 MB of zeros in a few kilobytes.
func compressed(t *testing.T) []byte {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, err := z.Create("m/data.pkl")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, zeros{}, 64<<20); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestBadArchives(t *testing.T) {
	good := small(t)
	pkl := program("}")
	twice := func() []byte {
		var buf bytes.Buffer
		z := zip.NewWriter(&buf)
		for range 2 {
			w, err := z.CreateHeader(&zip.FileHeader{Name: "m/data.pkl", Method: zip.Store})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(pkl); err != nil {
				t.Fatal(err)
			}
		}
		z.Close()
		return buf.Bytes()
	}
	for what, c := range map[string]struct {
		data []byte
		says string
	}{
		"empty":          {nil, "too short"},
		"text":           {[]byte("not a checkpoint"), "neither a zip archive nor a pickle"},
		"cut":            {good[:len(good)-1], "truncated or damaged"},
		"cut early":      {good[:100], "truncated or damaged"},
		"zip bomb":       {compressed(t), "is compressed"},
		"no pickle":      {archived(t, map[string][]byte{"m/data/0": {1}}), "without data.pkl"},
		"two pickles":    {archived(t, map[string][]byte{"m/data.pkl": pkl, "n/data.pkl": pkl}), "two data.pkl"},
		"entry twice":    {twice(), "there twice"},
		"TorchScript":    {archived(t, map[string][]byte{"m/data.pkl": pkl, "m/constants.pkl": pkl}), "TorchScript"},
		"big-endian":     {archived(t, map[string][]byte{"m/data.pkl": pkl, "m/byteorder": []byte("big")}), `"big"`},
		"long byteorder": {archived(t, map[string][]byte{"m/data.pkl": pkl, "m/byteorder": make([]byte, 17)}), "at most 16"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := open(c.data)
			refused(t, err, c.says)
		})
	}
}

// Damage of a storage's bytes is seen when they are read.
func TestDamagedStorage(t *testing.T) {
	data := small(t)
	at := bytes.Index(data, floats(4, 5, 6))
	data[at] ^= 1
	f, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := f.Root.(*Dict).Get("w")
	if _, err := v.(*Tensor).ReadAt(make([]byte, 24), 0); err == nil || !bytes.Contains([]byte(err.Error()), []byte("CRC-32")) {
		t.Errorf("error %v does not speak of the CRC-32", err)
	}
}

func TestBadStreams(t *testing.T) {
	good := smallLegacy()
	object := func(class string) []byte {
		return program(dict(text("w"), tensor(parts("(", text("storage"), "ctorch\n"+class+"\n", text("7"), text("cpu"), 6, "NtQ"), 0, ints(6), ints(1))))
	}
	data := floats(1, 2, 3, 4, 5, 6)
	long := binary.LittleEndian.AppendUint64(nil, 1<<40)
	for what, c := range map[string]struct {
		data []byte
		says string
	}{
		"a plain pickle": {program("}"), "magic number"},
		"cut":            {good[:len(good)-1], "truncated"},
		"over-long":      {append(good[:len(good):len(good)], 0), "1 bytes behind"},
		"no data":        {good[:len(good)-32], "truncated"},
		"no keys":        {legacy(object("FloatStorage"), nil), "does not list"},
		"wrong keys":     {legacy(object("FloatStorage"), parts(text("8")), data), "no tensor lies in"},
		"other length":   {legacy(object("FloatStorage"), parts(text("7")), data[:20]), "has 5 elements"},
		"giant length":   {append(legacy(object("FloatStorage"), parts(text("7"))), long...), "has 1099511627776 elements"},
		"a class":        {legacy(program("cos\nsystem\n"), nil), "os.system"},
		"a view": {legacy(program(dict(text("w"), tensor(parts("(", text("storage"), "ctorch\nFloatStorage\n", text("7"), text("cpu"), 6,
			"(", text("v"), 0, 6, "ttQ"), 0, ints(6), ints(1)))), parts(text("7")), data), "view of a storage"},
		"big-endian": {bytes.Replace(good, []byte("little_endian\x88"), []byte("little_endian\x89"), 1), "big-endian"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := open(c.data)
			refused(t, err, c.says)
		})
	}
}

// FuzzOpen: no file makes the reader panic or take much memory, errors are this project's, and the tensors of what it accepts can
// be read.
func FuzzOpen(f *testing.F) {
	f.Add(small(f))
	f.Add(smallLegacy())
	for _, a := range attacks {
		f.Add(archived(f, map[string][]byte{"m/data.pkl": a.pickle}))
		f.Add(legacy(a.pickle, nil))
	}
	for _, c := range badTensors {
		f.Add(archived(f, map[string][]byte{"m/data.pkl": program(dict(text("w"), c.value)), "m/data/0": floats(1, 2, 3, 4, 5, 6)}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := open(data)
		if err != nil {
			var e *weights.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v is a %T, want *weights.Error", err, err)
			}
			return
		}
		d, ok := file.Root.(*Dict)
		for i := 0; ok && i < len(d.Values); i++ {
			x, ok := d.Values[i].(*Tensor)
			if !ok {
				continue
			}
			size := int64(x.DType.Size())
			if x.Len()*size > int64(len(data))*2 {
				t.Fatalf("a tensor of %d elements in a file of %d bytes", x.Len(), len(data))
			}
			buf := make([]byte, x.Len()*size)
			if n, err := x.ReadAt(buf, 0); err == nil && n != len(buf) {
				t.Fatalf("read %d of %d bytes", n, len(buf))
			}
		}
	})
}

// FuzzPickle changes the pickle alone: the archive around it stays whole, so that more of the interpreter is reached.
func FuzzPickle(f *testing.F) {
	f.Add(program(dict(text("w"), tensor(stored("FloatStorage", "0", 6), 0, ints(2, 3), ints(3, 1)))))
	for _, a := range attacks {
		f.Add(a.pickle)
	}
	for _, c := range badTensors {
		f.Add(program(dict(text("w"), c.value)))
	}
	f.Fuzz(func(t *testing.T, pickle []byte) {
		file, err := open(archived(t, map[string][]byte{"m/data.pkl": pickle, "m/data/0": floats(1, 2, 3, 4, 5, 6)}))
		if err == nil && depthOf(file.Root) > maxDepth {
			t.Fatalf("containers %d deep", depthOf(file.Root))
		}
	})
}
