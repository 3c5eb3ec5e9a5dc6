package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// safetensors is a file with the given header text, unpadded, and data bytes behind it.
func safetensors(header string, data int) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), make([]byte, data)...)
}

// entry is a header's member for a tensor.
func entry(name, dtype, shape, offsets string) string {
	return `"` + name + `":{"dtype":"` + dtype + `","shape":` + shape + `,"data_offsets":` + offsets + `}`
}

// two is the header of two good tensors, a of 8 and b of 4 bytes.
var two = "{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F16", "[1,2]", "[8,12]") + "}"

// attacks are files that must be refused, with what the error must name.
var attacks = []struct {
	what  string
	file  []byte
	names []string
}{
	{"empty file", nil, []string{"0 bytes"}},
	{"shorter than the length field", []byte{1, 2, 3}, []string{"3 bytes"}},
	{"length field alone", safetensors(two, 0)[:8], []string{"header", "truncated"}},
	{"cut in the header", safetensors(two, 0)[:40], []string{"header", "truncated"}},
	{"cut behind the header", safetensors(two, 0), []string{`tensor "a"`, "truncated"}},
	{"cut in the data", safetensors(two, 11), []string{`tensor "b"`, "truncated"}},
	{"longer than its tensors", safetensors(two, 13), []string{"1 bytes behind"}},
	{"header length of 2^64-1", append(bytes.Repeat([]byte{0xff}, 8), two...), []string{"header", "18446744073709551615"}},
	{"header length of 2^63", append([]byte{0, 0, 0, 0, 0, 0, 0, 0x80}, two...), []string{"header"}},
	{"header length of 1 GiB", append([]byte{0, 0, 0, 0x40, 0, 0, 0, 0}, two...), []string{"header", "1073741824"}},
	{"header length 0", make([]byte, 8), []string{"header"}},
	{"header not JSON", safetensors("hello", 0), []string{"header"}},
	{"header a list", safetensors("[]", 0), []string{"header", "object"}},
	{"header null", safetensors("null", 0), []string{"header", "object"}},
	{"text behind the header's object", safetensors("{}{}", 0), []string{"header", "more data"}},
	{"trailing garbage in the header", safetensors("{} x", 0), []string{"header"}},
	{"deep nesting", safetensors(`{"a":`+strings.Repeat("[", 100000)+strings.Repeat("]", 100000)+"}", 0), []string{"header", "nested"}},
	{"invalid UTF-8 in a name", safetensors("{"+entry("\xff\xfe", "U8", "[1]", "[0,1]")+"}", 1), []string{"header", "UTF-8"}},
	{"duplicate tensor", safetensors("{"+entry("a", "U8", "[1]", "[0,1]")+","+entry("a", "U8", "[1]", "[1,2]")+"}", 2), []string{"header", "duplicate", "a"}},
	{"duplicate tensor, escaped", safetensors("{"+entry("a", "U8", "[1]", "[0,1]")+","+entry(`\u0061`, "U8", "[1]", "[1,2]")+"}", 2), []string{"header", "duplicate"}},
	{"duplicate key in a tensor", safetensors(`{"a":{"dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,1]}}`, 1), []string{"header", "duplicate"}},
	{"tensor not an object", safetensors(`{"a":[1,2]}`, 0), []string{`"a"`, "object"}},
	{"metadata not an object", safetensors(`{"__metadata__":"x"}`, 0), []string{"__metadata__", "object"}},
	{"metadata not strings", safetensors(`{"__metadata__":{"k":1}}`, 0), []string{"__metadata__", `"k"`, "string"}},
	{"metadata null", safetensors(`{"__metadata__":{"k":null}}`, 0), []string{"__metadata__", `"k"`, "string"}},
	{"unknown element type", safetensors("{"+entry("a", "F7", "[1]", "[0,1]")+"}", 1), []string{`tensor "a"`, `"F7"`}},
	{"no element type", safetensors(`{"a":{"shape":[1],"data_offsets":[0,1]}}`, 1), []string{`tensor "a"`, "element type"}},
	{"element type a number", safetensors(`{"a":{"dtype":5,"shape":[1],"data_offsets":[0,1]}}`, 1), []string{`tensor "a"`, "dtype"}},
	{"no shape", safetensors(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, 8), []string{`tensor "a"`, "shape"}},
	{"shape not numbers", safetensors("{"+entry("a", "U8", `["1"]`, "[0,1]")+"}", 1), []string{`tensor "a"`, "shape"}},
	{"shape with a fraction", safetensors("{"+entry("a", "U8", "[1.5]", "[0,1]")+"}", 1), []string{`tensor "a"`, "shape"}},
	{"negative shape", safetensors("{"+entry("a", "U8", "[-1]", "[0,1]")+"}", 1), []string{`tensor "a"`, "shape"}},
	{"two negative dimensions", safetensors("{"+entry("a", "U8", "[-1,-1]", "[0,1]")+"}", 1), []string{`tensor "a"`, "shape"}},
	{"huge shape", safetensors("{"+entry("a", "F32", "[1000000000000]", "[0,4]")+"}", 4), []string{`tensor "a"`, "1000000000000"}},
	{"shape of 2^64 bytes", safetensors("{"+entry("a", "F32", "[4294967296,1073741824]", "[0,0]")+"}", 0), []string{`tensor "a"`, "shape"}},
	{"shape beyond float64", safetensors("{"+entry("a", "U8", "[1e400]", "[0,1]")+"}", 1), []string{`tensor "a"`, "shape"}},
	{"shape of 2^63", safetensors("{"+entry("a", "U8", "[9223372036854775808]", "[0,1]")+"}", 1), []string{`tensor "a"`, "shape"}},
	{"zero times overflow", safetensors("{"+entry("a", "F64", "[9007199254740992,9007199254740992,0]", "[0,0]")+"}", 0), []string{`tensor "a"`, "shape"}},
	{"reversed offsets", safetensors("{"+entry("a", "U8", "[1]", "[1,0]")+"}", 1), []string{`tensor "a"`, "data_offsets"}},
	{"negative offset", safetensors("{"+entry("a", "U8", "[1]", "[-1,0]")+"}", 1), []string{`tensor "a"`, "data_offsets"}},
	{"three offsets", safetensors("{"+entry("a", "U8", "[1]", "[0,1,1]")+"}", 1), []string{`tensor "a"`, "data_offsets"}},
	{"no offsets", safetensors(`{"a":{"dtype":"U8","shape":[1]}}`, 1), []string{`tensor "a"`, "data_offsets"}},
	{"offsets not numbers", safetensors("{"+entry("a", "U8", "[1]", `["0","1"]`)+"}", 1), []string{`tensor "a"`, "data_offsets"}},
	{"offset past the end", safetensors("{"+entry("a", "U8", "[9]", "[0,9]")+"}", 8), []string{`tensor "a"`, "truncated"}},
	{"huge offset", safetensors("{"+entry("a", "U8", "[1]", "[0,9007199254740993]")+"}", 8), []string{`tensor "a"`}},
	{"overlap", safetensors("{"+entry("a", "U8", "[4]", "[0,4]")+","+entry("b", "U8", "[4]", "[3,7]")+"}", 7), []string{`tensor "b"`, "overlaps"}},
	{"same place twice", safetensors("{"+entry("a", "U8", "[4]", "[0,4]")+","+entry("b", "U8", "[4]", "[0,4]")+"}", 4), []string{"tensor", "overlaps"}},
	{"hole", safetensors("{"+entry("a", "U8", "[2]", "[0,2]")+","+entry("b", "U8", "[2]", "[3,5]")+"}", 5), []string{`tensor "b"`, "hole of 1"}},
	{"hole at the start", safetensors("{"+entry("a", "U8", "[2]", "[1,3]")+"}", 3), []string{`tensor "a"`, "hole of 1"}},
	{"data without tensors", safetensors("{}", 4), []string{"4 bytes behind"}},
}

// Every attack gets one error of the package's own type that names the file and the part, and no panic.
func TestAttacks(t *testing.T) {
	for _, a := range attacks {
		t.Run(a.what, func(t *testing.T) {
			_, err := OpenBytes(a.file, "evil.safetensors")
			checkError(t, err, append(a.names, "evil.safetensors")...)
		})
	}
}

// checkError demands an *Error, one line, that names everything given.
func checkError(t *testing.T, err error, names ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is a %T, want *weights.Error", err, err)
	}
	text := err.Error()
	if strings.Contains(text, "\n") {
		t.Errorf("error of several lines: %q", text)
	}
	if len(text) > 1000 {
		t.Errorf("error of %d bytes: %.200s...", len(text), text)
	}
	for _, name := range names {
		if !strings.Contains(text, name) {
			t.Errorf("error %q does not say %q", text, name)
		}
	}
}

// A good file cut anywhere is refused.
func TestEveryCutIsRefused(t *testing.T) {
	whole := safetensors(two, 12)
	if _, err := OpenBytes(whole, "whole"); err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		if _, err := OpenBytes(whole[:n], "cut"); err == nil {
			t.Errorf("cut to %d of %d bytes: no error", n, len(whole))
		}
	}
}

// Empty tensors are legal, wherever they stand, and so is a file without any.
func TestEmptyTensors(t *testing.T) {
	header := "{" + entry("a", "F32", "[0]", "[0,0]") + "," + entry("b", "U8", "[2]", "[0,2]") + "," + entry("c", "F64", "[3,0]", "[2,2]") + "," + entry("d", "U8", "[]", "[2,3]") + "}"
	f, err := OpenBytes(safetensors(header, 3), "empty")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"a": 0, "b": 2, "c": 0, "d": 1} {
		if x, err := f.Tensor(name); err != nil || x.Len() != want {
			t.Errorf("%s: %d elements, %v; want %d", name, x.Len(), err, want)
		}
	}
	if _, err := OpenBytes(safetensors("{}", 0), "none"); err != nil {
		t.Error(err)
	}
}

func TestMissingTensor(t *testing.T) {
	f, err := OpenBytes(safetensors(two, 12), "model")
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Tensor("c")
	checkError(t, err, "model", `tensor "c"`, "missing")
}
