package wasmstrip

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/andybalholm/brotli"
)

func compressed(t *testing.T, data []byte) int {
	t.Helper()
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, 5)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

func signed(v int) []byte { return appendSigned(nil, v) }

// What follows the constants of sampleBody, before and after: 0x1a drops a value.
var (
	storedAfter = append(slices.Clone(stored), localSet, 1, localGet, 0, 0x1a, localTee, 2, 0x1a)
	storedThen  = append(slices.Clone(stored), localSet, 2, localGet, 0, 0x1a, localTee, 3, 0x1a)
)

// sampleBody is a function of one parameter with two locals of its own. Two of the constants that it stores share a high part; a commoner one
// is not stored.
func sampleBody() []byte {
	out := []byte{1, 2, typeI64}
	for _, v := range [][]byte{signed(0x1234_0001), signed(0x1234_fffe), signed(7), {0x7b}, signed(0x99_0000_0003)} {
		out = append(append(append(out, i64Const), v...), storedAfter...)
	}
	for range 3 {
		out = append(appendSigned(append(out, i64Const), 0x55_0003), 0x1a)
	}
	return append(out, 0x41, 0xc2, 0x84, 0x04, 0x1a, end) // an i32 whose bytes look like an i64.const
}

func TestShortenedConstantsKeepTheirValues(t *testing.T) {
	got := shorten(sampleBody(), 1)
	want := []byte{2, 1, typeI64, 2, typeI64}
	want = append(appendSigned(append(want, i64Const), 0x1234_0000), localSet, 1)
	for _, low := range []int{1, 0xfffe} {
		want = append(appendSigned(append(want, localGet, 1, i64Const), low), i64Or)
		want = append(want, storedThen...)
	}
	for _, v := range [][]byte{signed(7), {0x7b}, signed(0x99_0000_0003)} {
		want = append(append(append(want, i64Const), v...), storedThen...)
	}
	for range 3 {
		want = append(appendSigned(append(want, i64Const), 0x55_0003), 0x1a)
	}
	want = append(want, 0x41, 0xc2, 0x84, 0x04, 0x1a, end)
	if !bytes.Equal(got, want) {
		t.Errorf("got\n% x, want\n% x", got, want)
	}
}

func TestLeavesWhatItDoesNotKnow(t *testing.T) {
	body := sampleBody()
	for name, other := range map[string][]byte{
		"typed select":     slices.Insert(slices.Clone(body), len(body)-1, 0x1c, 1, typeI64),
		"reference":        slices.Insert(slices.Clone(body), len(body)-1, 0xd0, 0x70),
		"table.copy":       slices.Insert(slices.Clone(body), len(body)-1, 0xfc, 14, 0, 0),
		"cut in a number":  append(slices.Clone(body), i64Const, 0x80),
		"cut in a float":   append(slices.Clone(body), 0x44, 1, 2),
		"65 bits":          append(slices.Clone(body), i64Const, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1),
		"labels beyond it": append(slices.Clone(body), 0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f),
		"no constants":     {0, localGet, 0, 0x1a, end},
	} {
		if got := shorten(other, 1); got != nil {
			t.Errorf("%s: rewritten to % x", name, got)
		}
	}
}

// TestShortensWholePrograms: of the return addresses of a real program nearly none is left whole, and its code takes less compressed.
func TestShortensWholePrograms(t *testing.T) {
	sections, err := readSections(program(t))
	if err != nil {
		t.Fatal(err)
	}
	before := compressed(t, find(sections, codeSection).body)
	if err := shortenCode(sections); err != nil {
		t.Fatal(err)
	}
	code := find(sections, codeSection)
	if after := compressed(t, code.body); after > before*98/100 {
		t.Errorf("code of %d bytes compressed takes %d afterwards", before, after)
	}
	r, left, made := reader{code.body}, 0, 0
	for range r.unsigned() {
		body, err := r.take(r.unsigned())
		if err != nil {
			t.Fatal(err)
		}
		_, _, begin := locals(body)
		list, ok := operands(body, begin)
		if !ok {
			t.Fatalf("a function with unknown instructions: % x", body[:min(len(body), 80)])
		}
		for i, o := range list {
			switch {
			case o.op == i64Const && i > 0 && list[i-1].op == localGet && o.value>>lowBits == 0 && o.to < len(body) && body[o.to] == i64Or:
				made++
			case o.op == i64Const && o.value>>lowBits >= 0x1000 && o.value>>lowBits < 0x10000 && o.value&(1<<lowBits-1) != 0 && bytes.HasPrefix(body[o.to:], stored):
				left++ // of a function (the linker numbers them from 0x1000 on), not its beginning, and stored at once
			}
		}
	}
	if made < 1000 || left > made/500 {
		t.Errorf("%d constants shortened, %d return addresses left whole", made, left)
	}
}

func TestReads64BitNumbers(t *testing.T) {
	for _, want := range []int{0, 63, -64, 64, -65, 1<<35 + 1, -(1 << 36), 1<<55 - 1, -(1 << 55) - 1, 1<<62 - 1, -(1 << 62), math.MaxInt64, math.MinInt64} {
		r := reader{append(signed(want), 0x55)}
		if got, ok := r.signed(); !ok || got != want || len(r.rest) != 1 {
			t.Errorf("%d is read as %d, %t, %d bytes left", want, got, ok, len(r.rest))
		}
	}
}
