package weights

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"

	"unnoise/weights/jsontree"
	"unnoise/weights/sha256"
)

// PackWriter writes a pack's tensors one after the other, so that none but the one at hand need be in memory. A pack is
// Header, which is known at the end, and then everything that was written.
type PackWriter struct {
	w       io.Writer
	entries []Entry
	size    int64
	chunk   sha256.Hash
	filled  int
	hashes  []any
}

// NewPackWriter makes a writer of the data section to w.
func NewPackWriter(w io.Writer) *PackWriter { return &PackWriter{w: w, chunk: sha256.New()} }

// Add writes a tensor's data.
func (p *PackWriter) Add(t Tensor) error {
	end := p.size + int64(len(t.Data))
	p.entries = append(p.entries, Entry{t.Name, t.DType, t.Shape, p.size, end})
	p.size = end
	p.hash(t.Data)
	_, err := p.w.Write(t.Data)
	return err
}

// hash hashes the data section in pieces of ChunkSize, whatever tensors they cross.
func (p *PackWriter) hash(data []byte) {
	for len(data) > 0 {
		n := min(len(data), ChunkSize-p.filled)
		p.chunk.Write(data[:n])
		data, p.filled = data[n:], p.filled+n
		if p.filled == ChunkSize {
			p.hashes = append(p.hashes, hexText(p.chunk.Sum(nil)))
			p.chunk.Reset()
			p.filled = 0
		}
	}
}

// Size is the number of bytes written.
func (p *PackWriter) Size() int64 { return p.size }

// File reads the tensors written so far: r gives the data section back. name is used in errors.
func (p *PackWriter) File(r io.ReaderAt, name string) *File {
	f := &File{name: name, r: r, Entries: p.entries, Metadata: map[string]string{}, size: p.size, index: map[string]int{}}
	for i, e := range p.entries {
		f.index[e.Name] = i
	}
	return f
}

// Header is the start of the file: its length and text, with the given metadata to which format, version and hashes are added.
func (p *PackWriter) Header(metadata map[string]string) []byte {
	m := map[string]string{} // maps.Clone would cost the page 4 kB
	for key, text := range metadata {
		m[key] = text
	}
	hashes := p.hashes
	if p.filled > 0 {
		hashes = append(hashes[:len(hashes):len(hashes)], hexText(p.chunk.Sum(nil)))
	}
	m[keyFormat], m[keyVersion], m[keyHeader] = Format, strconv.Itoa(Version), zeroHash
	m[keyChunks] = jsontree.Text(jsontree.NewObject().Set("size", ChunkSize).Set("sha256", hashes))
	header := entriesText(m, p.entries)
	sum := sha256.Sum256(header)
	header = bytes.Replace(header, []byte(hashField(zeroHash)), []byte(hashField(hexText(sum[:]))), 1)
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
}

// WritePack writes a pack of tensors in memory.
func WritePack(w io.Writer, metadata map[string]string, tensors []Tensor) error {
	p := NewPackWriter(io.Discard)
	for _, t := range tensors {
		if err := p.Add(t); err != nil {
			return err
		}
	}
	if _, err := w.Write(p.Header(metadata)); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

func hashField(hash string) string { return `"` + keyHeader + `":"` + hash + `"` }
