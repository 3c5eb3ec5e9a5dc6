package weights

import (
	"encoding/binary"
	"io"
	"slices"

	"unnoise/weights/jsontree"
)

// Write writes a .safetensors file: the header padded with spaces to 8 bytes, then the tensors in the given order.
// Metadata keys are sorted, so that equal content is equal bytes.
func Write(w io.Writer, metadata map[string]string, tensors []Tensor) error {
	return writeWith(w, headerText(metadata, tensors), tensors)
}

func writeWith(w io.Writer, header []byte, tensors []Tensor) error {
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

func headerText(metadata map[string]string, tensors []Tensor) []byte {
	entries, at := make([]Entry, len(tensors)), int64(0)
	for i, t := range tensors {
		entries[i] = Entry{t.Name, t.DType, t.Shape, at, at + int64(len(t.Data))}
		at = entries[i].End
	}
	return entriesText(metadata, entries)
}

func entriesText(metadata map[string]string, entries []Entry) []byte {
	o := jsontree.NewObject()
	if len(metadata) > 0 {
		m := jsontree.NewObject()
		for _, k := range sortedKeys(metadata) {
			m.Set(k, metadata[k])
		}
		o.Set("__metadata__", m)
	}
	for _, e := range entries {
		offsets := []any{int(e.Begin), int(e.End)}
		o.Set(e.Name, jsontree.NewObject().Set("dtype", string(e.DType)).Set("shape", jsontree.Ints(e.Shape)).Set("data_offsets", offsets))
	}
	header := jsontree.Append(nil, o)
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	return header
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
