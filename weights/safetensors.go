package weights

import (
	"encoding/binary"
	"io"
	"math"
	"slices"
	"strconv"

	"unnoise/weights/jsontree"
)

// maxHeader is the longest header read: the limit of the safetensors library.
const maxHeader = 100 << 20

// Entry is where a tensor lies in a file's data section.
type Entry struct {
	Name       string
	DType      DType
	Shape      []int
	Begin, End int64
}

// File is a .safetensors file whose header has been read and checked; tensors are read when asked for.
type File struct {
	Metadata map[string]string
	Entries  []Entry // in the order of their data
	name     string
	r        io.ReaderAt
	start    int64 // of the data section
	size     int64 // of the data section
	header   []byte
	index    map[string]int
}

// Error says what was read, where, and what was wrong.
type Error struct {
	File    string // the file's name, or what stands for one
	Where   string // tensor, key or part; may be ""
	Problem string // what was found, what was expected, what to do
	Err     error  // the kind of error, for errors.Is; may be nil
}

func (e *Error) Unwrap() error { return e.Err }

func (e *Error) Error() string {
	if e.Where == "" {
		return e.File + ": " + e.Problem
	}
	return e.File + ": " + e.Where + ": " + e.Problem
}

// Open reads and checks the header of a .safetensors file of size bytes; name is used in errors. The format's rules are
// kept to the letter: one JSON object, no duplicate keys, tensors that fill the data section without holes or overlap. Errors are *Error.
func Open(r io.ReaderAt, size int64, name string) (*File, error) {
	f := &File{name: name, r: r, Metadata: map[string]string{}, index: map[string]int{}}
	var prefix [8]byte
	if size < 8 {
		return nil, f.fail("", "is "+strconv.FormatInt(size, 10)+" bytes long, too short for a .safetensors file")
	}
	if _, err := r.ReadAt(prefix[:], 0); err != nil {
		return nil, f.unread("header", err)
	}
	n := binary.LittleEndian.Uint64(prefix[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, f.fail("header", "claims "+strconv.FormatUint(n, 10)+" bytes, the file has "+strconv.FormatInt(size, 10)+": it is truncated or not a .safetensors file")
	}
	f.header = make([]byte, n)
	if _, err := r.ReadAt(f.header, 8); err != nil {
		return nil, f.unread("header", err)
	}
	f.start, f.size = 8+int64(n), size-8-int64(n)
	return f, f.parse()
}

func (f *File) fail(where, problem string) error {
	return &Error{File: f.name, Where: where, Problem: problem}
}

// unread says that the file itself could not be read, and keeps why.
func (f *File) unread(where string, err error) error {
	return &Error{File: f.name, Where: where, Problem: "cannot be read: " + err.Error(), Err: err}
}

func (f *File) parse() error {
	o, err := jsontree.ParseObject(f.header)
	if err != nil {
		return f.fail("header", err.Error())
	}
	for _, key := range o.Keys {
		entry, ok := o.Values[key].(*jsontree.Object)
		if !ok {
			return f.fail(strconv.Quote(key), "must be an object in the header")
		}
		if key == "__metadata__" {
			err = f.metadata(entry)
		} else {
			err = f.entry(key, entry)
		}
		if err != nil {
			return err
		}
	}
	return f.layout()
}

func (f *File) metadata(o *jsontree.Object) error {
	for k, v := range o.Values {
		s, ok := v.(string)
		if !ok {
			return f.fail("__metadata__", strconv.Quote(k)+" must be a string")
		}
		f.Metadata[k] = s
	}
	return nil
}

func (f *File) entry(name string, o *jsontree.Object) error {
	fields := o.Fields(f.name + ": tensor " + strconv.Quote(name))
	e := Entry{Name: name, DType: DType(fields.String("dtype", "")), Shape: fields.Ints("shape")}
	offsets := fields.Ints("data_offsets")
	if err := fields.Err(); err != nil {
		return &Error{File: f.name, Where: "tensor " + strconv.Quote(name), Problem: err.Error()}
	}
	where := "tensor " + strconv.Quote(name)
	switch {
	case e.DType.Size() == 0:
		return f.fail(where, "unknown element type "+strconv.Quote(string(e.DType)))
	case len(offsets) != 2 || offsets[0] < 0 || offsets[1] < offsets[0]:
		return f.fail(where, "data_offsets must be two growing numbers")
	case int64(offsets[1]) > f.size:
		return f.fail(where, "ends at byte "+strconv.Itoa(offsets[1])+" of "+strconv.FormatInt(f.size, 10)+": the file is truncated")
	}
	size, ok := bytesOf(e.Shape, e.DType)
	if !ok || size != int64(offsets[1]-offsets[0]) {
		return f.fail(where, "shape "+ShapeText(e.Shape)+" of "+string(e.DType)+" does not fill its "+strconv.Itoa(offsets[1]-offsets[0])+" bytes")
	}
	e.Begin, e.End = int64(offsets[0]), int64(offsets[1])
	f.Entries = append(f.Entries, e)
	return nil
}

// bytesOf is the size of an array, false where a dimension is negative or the product too large.
func bytesOf(shape []int, d DType) (int64, bool) {
	n := int64(d.Size())
	for _, s := range shape {
		if s < 0 || s > 0 && n > math.MaxInt64/int64(s) {
			return 0, false
		}
		n *= int64(s)
	}
	return n, true
}

// layout demands that the tensors fill the data section exactly, in order of their offsets.
func (f *File) layout() error {
	slices.SortStableFunc(f.Entries, func(a, b Entry) int {
		if a.Begin != b.Begin {
			return int(a.Begin - b.Begin)
		}
		return int(a.End - b.End)
	})
	var at int64
	for i, e := range f.Entries {
		where := "tensor " + strconv.Quote(e.Name)
		if e.Begin < at {
			return f.fail(where, "overlaps another tensor")
		}
		if e.Begin > at {
			return f.fail(where, "leaves a hole of "+strconv.FormatInt(e.Begin-at, 10)+" bytes before it")
		}
		at = e.End
		f.index[e.Name] = i
	}
	if at != f.size {
		return f.fail("", "has "+strconv.FormatInt(f.size-at, 10)+" bytes behind its last tensor")
	}
	return nil
}

// Name is the name the file was opened under.
func (f *File) Name() string { return f.name }

// Has says whether the file holds a tensor.
func (f *File) Has(name string) bool { _, ok := f.index[name]; return ok }

// TypeOf is a tensor's element type, which the header tells; false where there is no such tensor.
func (f *File) TypeOf(name string) (DType, bool) {
	i, ok := f.index[name]
	if !ok {
		return "", false
	}
	return f.Entries[i].DType, true
}

// Tensor reads a tensor's data.
func (f *File) Tensor(name string) (Tensor, error) {
	i, ok := f.index[name]
	if !ok {
		return Tensor{}, f.fail("tensor "+strconv.Quote(name), "is missing")
	}
	e := f.Entries[i]
	data, err := f.read(f.start+e.Begin, e.End-e.Begin)
	if err != nil {
		return Tensor{}, f.unread("tensor "+strconv.Quote(name), err)
	}
	return Tensor{Name: e.Name, DType: e.DType, Shape: e.Shape, Data: data}, nil
}

// Reader gives random access to a tensor's bytes, which are as long as shape and type say; nil where there is no such tensor.
func (f *File) Reader(name string) io.ReaderAt {
	i, ok := f.index[name]
	if !ok {
		return nil
	}
	e := f.Entries[i]
	return io.NewSectionReader(f.r, f.start+e.Begin, e.End-e.Begin)
}

// Slicer is a ReaderAt whose content is in memory: tensors are then slices of it, not copies.
type Slicer interface {
	Slice(offset, size int64) []byte
}

func (f *File) read(offset, size int64) ([]byte, error) {
	if s, ok := f.r.(Slicer); ok {
		return s.Slice(offset, size), nil
	}
	data := make([]byte, size)
	_, err := f.r.ReadAt(data, offset)
	return data, err
}

// Bytes is a file in memory.
type Bytes []byte

// ReadAt implements io.ReaderAt.
func (b Bytes) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 || offset > int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[offset:])
	if n < len(p) {
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}

// Slice implements Slicer.
func (b Bytes) Slice(offset, size int64) []byte { return b[offset : offset+size] }

// OpenBytes is Open for a file in memory.
func OpenBytes(data []byte, name string) (*File, error) {
	return Open(Bytes(data), int64(len(data)), name)
}
