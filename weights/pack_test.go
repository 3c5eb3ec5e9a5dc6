package weights

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"
)

// pack is a pack of the given tensors in memory.
func pack(t testing.TB, tensors ...Tensor) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := WritePack(&buf, map[string]string{"network": `{"layers":[]}`, "about": "a test"}, tensors); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// check opens and verifies.
func check(data []byte) error {
	p, err := OpenPack(Bytes(data), int64(len(data)), "model.safetensors")
	if err != nil {
		return err
	}
	return p.Verify()
}

func TestPackRoundTrip(t *testing.T) {
	data := pack(t, samples()...)
	if err := check(data); err != nil {
		t.Fatal(err)
	}
	p, err := OpenPack(Bytes(data), int64(len(data)), "model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if p.Metadata["about"] != "a test" || p.Chunks() != 1 || len(p.ID()) != 64 {
		t.Errorf("metadata %v, %d chunks, ID %q", p.Metadata, p.Chunks(), p.ID())
	}
	other := pack(t, FromFloat32s("a", []int{1}, []float32{1}))
	q, err := OpenPack(Bytes(other), int64(len(other)), "other")
	if err != nil || q.ID() == p.ID() {
		t.Errorf("another pack has the same ID, or %v", err)
	}
}

// Every single byte is protected: the length field and the layout by their rules, the header by its hash, the data by the
// chunks' hashes.
func TestEveryFlippedByteIsSeen(t *testing.T) {
	data := pack(t, samples()...)
	for i := range data {
		for _, bits := range []byte{0x01, 0x20, 0x80} {
			data[i] ^= bits
			err := check(data)
			data[i] ^= bits
			if err == nil {
				t.Errorf("byte %d of %d flipped by %#x: not seen", i, len(data), bits)
				continue
			}
			checkError(t, err, "model.safetensors")
		}
	}
	if err := check(data); err != nil {
		t.Fatal(err) // the flips were undone
	}
}

// Chunks cross tensors; a fault in the last, short chunk is seen too, and named.
func TestChunks(t *testing.T) {
	big := Tensor{"big", U8, []int{ChunkSize + 1000}, make([]byte, ChunkSize+1000)}
	small := Tensor{"small", U8, []int{100}, make([]byte, 100)}
	data := pack(t, small, big)
	if err := check(data); err != nil {
		t.Fatal(err)
	}
	data[len(data)-1]++
	checkError(t, check(data), "model.safetensors", "chunk 1 of 2", "damaged")
	data[len(data)-1]--
	data[len(data)-1101]++ // the first chunk's last byte: 1100 bytes are behind it
	checkError(t, check(data), "chunk 0 of 2")
}

func TestEmptyPack(t *testing.T) {
	if err := check(pack(t)); err != nil {
		t.Error(err)
	}
}

// rewritten is a pack whose metadata was changed and whose header hash is right again: what another writer could make.
func rewritten(t *testing.T, change func(m map[string]string)) []byte {
	t.Helper()
	p, err := OpenBytes(pack(t, samples()...), "old")
	if err != nil {
		t.Fatal(err)
	}
	change(p.Metadata)
	var tensors []Tensor
	for _, e := range p.Entries {
		x, err := p.Tensor(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, x)
	}
	var buf bytes.Buffer
	if err := Write(&buf, p.Metadata, tensors); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestNewerVersion(t *testing.T) {
	err := check(rewritten(t, func(m map[string]string) { m[keyVersion] = strconv.Itoa(Version + 1) }))
	if !errors.Is(err, ErrVersion) {
		t.Errorf("%v does not wrap ErrVersion", err)
	}
	checkError(t, err, "version "+strconv.Itoa(Version+1), "update")
}

func TestNotAPack(t *testing.T) {
	for what, c := range map[string]struct {
		change func(m map[string]string)
		says   string
	}{
		"no format":      {func(m map[string]string) { delete(m, keyFormat) }, "not a pack"},
		"other format":   {func(m map[string]string) { m[keyFormat] = "pt" }, "not a pack"},
		"no version":     {func(m map[string]string) { delete(m, keyVersion) }, keyVersion},
		"version 0":      {func(m map[string]string) { m[keyVersion] = "0" }, keyVersion},
		"version text":   {func(m map[string]string) { m[keyVersion] = "one" }, keyVersion},
		"no header hash": {func(m map[string]string) { delete(m, keyHeader) }, "header"},
		"changed":        {func(m map[string]string) { m["about"] = "another" }, "header"},
		"hash escaped":   {func(m map[string]string) { m[keyHeader] = strings.Repeat("\n", 64) }, "header"},
	} {
		t.Run(what, func(t *testing.T) { checkError(t, check(rewritten(t, c.change)), "model.safetensors", c.says) })
	}
}

// A pack may be honest about its header and still describe its chunks badly.
func TestBadChunkLists(t *testing.T) {
	for _, chunks := range []string{
		"", "[]", "{}", `{"size":0,"sha256":[]}`, `{"size":-1048576,"sha256":["` + zeroHash + `"]}`, `{"size":1048576,"sha256":[]}`,
		`{"size":1048576,"sha256":["a","b"]}`, `{"size":1048576,"sha256":"a"}`, `{"size":1048576,"sha256":[1]}`, `{"size":9e15,"sha256":["` + zeroHash + `"]}`,
		`{"size":1,"sha256":["` + zeroHash + `"]}`,
	} {
		data := resealed(t, chunks)
		checkError(t, check(data), "model.safetensors", "chunks")
	}
	checkError(t, check(resealed(t, `{"size":1048576,"sha256":["`+zeroHash+`"]}`)), "chunk 0", "damaged")
}

// resealed is a pack with another text for its chunks and a right header hash.
func resealed(t *testing.T, chunks string) []byte {
	t.Helper()
	data := rewritten(t, func(m map[string]string) { m[keyHeader], m[keyChunks] = zeroHash, chunks })
	f, err := OpenBytes(data, "draft")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(data, []byte(hashField(zeroHash)), []byte(hashField(hashOf(f.header))), 1)
}
