package weights

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// samples are tensors of every type that is written, with awkward names, in an order that is not sorted.
func samples() []Tensor {
	return []Tensor{
		FromHalves("z.weight", []int{1, 3}, []uint16{0x3c00, 0x8001, 0x7bff}),
		FromFloat32s("a.bias", []int{2}, []float32{1.5, -3e-40}),
		FromInt64s("t", []int{1}, []int64{-1 << 62}),
		FromFloat32s("empty", []int{0, 4}, nil),
		{"brain", BF16, []int{2}, []byte{0x80, 0x3f, 0x40, 0xc0}},
		{"quote \" \\ \u00e9 \u2028", U8, []int{3}, []byte{1, 2, 255}},
	}
}

func TestRoundTrip(t *testing.T) {
	metadata := map[string]string{"": "empty key", "text": "line\nbreak \"quoted\" \u00e9", "json": `{"a":[1,2]}`}
	var buf bytes.Buffer
	if err := Write(&buf, metadata, samples()); err != nil {
		t.Fatal(err)
	}
	if n := buf.Bytes()[0]; n%8 != 0 {
		t.Errorf("header of %d bytes: data is not aligned", n)
	}
	f, err := OpenBytes(buf.Bytes(), "file")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(metadata, f.Metadata); diff != "" {
		t.Errorf("metadata: %s", diff)
	}
	if len(f.Entries) != len(samples()) {
		t.Errorf("%d tensors, want %d", len(f.Entries), len(samples()))
	}
	for _, want := range samples() {
		got, err := f.Tensor(want.Name)
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got.Data, want.Data) || got.DType != want.DType || !cmp.Equal(got.Shape, want.Shape) {
			t.Errorf("%q came back as %v, want %v", want.Name, got, want)
		}
	}
}

// Equal content is equal bytes, whatever the order of a map.
func TestWriteIsDeterministic(t *testing.T) {
	write := func() []byte {
		var buf bytes.Buffer
		if err := WritePack(&buf, map[string]string{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}, samples()); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	first := write()
	for range 20 {
		if !bytes.Equal(first, write()) {
			t.Fatal("two packs of one content differ")
		}
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		x    Tensor
		want []float64
	}{
		{FromHalves("h", []int{3}, []uint16{0x3c00, 0x8001, 0x7bff}), []float64{1, -0x1p-24, 65504}},
		{FromFloat32s("f", []int{2}, []float32{1.5, -2}), []float64{1.5, -2}},
		{FromInt64s("i", []int{2}, []int64{-7, 1 << 40}), []float64{-7, 1 << 40}},
		{Tensor{"b", BF16, []int{2}, []byte{0x80, 0x3f, 0x40, 0xc0}}, []float64{1, -3}},
		{Tensor{"d", F64, []int{1}, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}}, []float64{1.5}},
		{Tensor{"u", U8, []int{2}, []byte{0, 255}}, []float64{0, 255}},
		{Tensor{"j", "I32", []int{1}, []byte{0xfe, 0xff, 0xff, 0xff}}, []float64{-2}},
	} {
		got, err := c.x.Float64s()
		if err != nil || !cmp.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.x.Name, got, err, c.want)
		}
		narrow, err := c.x.Float32s()
		for i := range c.want {
			if err != nil || narrow[i] != float32(c.want[i]) {
				t.Errorf("%s as float32: %v, %v; want %v", c.x.Name, narrow, err, c.want)
				break
			}
		}
	}
	odd := Tensor{"odd", "BOOL", []int{1}, []byte{1}}
	_, err := odd.Float32s()
	checkError(t, err, `"odd"`, "BOOL")
}
