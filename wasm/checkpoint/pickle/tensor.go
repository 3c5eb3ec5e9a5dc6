package pickle

import (
	"errors"
	"hash/crc32"
	"io"
	"strconv"

	"unnoise/weights"
)

// storage is a run of elements in the file that tensors are views of.
type storage struct {
	key    string
	dtype  weights.DType
	length int64 // elements
	r      io.ReaderAt
	at     int64   // of its first byte; known late in the older form
	crc    *uint32 // of its bytes, where the archive says
}

// Tensor is an array in the file.
type Tensor struct {
	DType   weights.DType
	Shape   []int
	strides []int64 // in elements
	offset  int64   // of the first element in the storage
	storage *storage
}

// rebuildTensor checks (storage, offset, shape, strides, ...) and makes a tensor of it.
func rebuildTensor(m *machine, args []any) (any, error) {
	bad := errors.New("makes a tensor of what is not a storage with offset, shape and strides")
	if len(args) < 4 {
		return nil, bad
	}
	s, ok := args[0].(*storage)
	offset, ok1 := args[1].(int64)
	shape, ok2 := args[2].(*List)
	strides, ok3 := args[3].(*List)
	if !ok || !ok1 || !ok2 || !ok3 || len(shape.Items) != len(strides.Items) || len(shape.Items) > 16 {
		return nil, bad
	}
	if m.count++; m.count > maxTensors {
		return nil, errors.New("makes more than " + strconv.Itoa(maxTensors) + " tensors")
	}
	t := &Tensor{DType: s.dtype, offset: offset, storage: s}
	for i := range shape.Items {
		n, ok := shape.Items[i].(int64)
		stride, ok1 := strides.Items[i].(int64)
		if !ok || !ok1 || n < 0 || n > s.length || stride < 0 || stride > s.length {
			return nil, t.outside()
		}
		t.Shape, t.strides = append(t.Shape, int(n)), append(t.strides, stride)
	}
	return t, t.check()
}

func (t *Tensor) outside() error {
	return errors.New("makes a tensor that does not lie in its storage " + strconv.Quote(t.storage.key) + " of " + number(t.storage.length) + " elements")
}

// check demands that all elements lie in the storage, and that there are no more of them than it has: an expanded view
// would make a giant of a few bytes.
func (t *Tensor) check() error {
	last, n := t.offset, int64(1)
	for i, d := range t.Shape {
		if d > 0 && n > t.storage.length/int64(d) || last > t.storage.length {
			return t.outside()
		}
		n *= int64(d)
		if d > 1 {
			if t.strides[i] > t.storage.length/int64(d-1) {
				return t.outside()
			}
			last += int64(d-1) * t.strides[i]
		}
	}
	if t.offset < 0 || n > 0 && last >= t.storage.length || t.offset > t.storage.length {
		return t.outside()
	}
	return nil
}

// contiguous says whether the elements follow each other in row-major order.
func (t *Tensor) contiguous() bool {
	want := int64(1)
	for i := len(t.Shape) - 1; i >= 0; i-- {
		if t.Shape[i] != 1 && t.strides[i] != want {
			return false
		}
		want *= int64(t.Shape[i])
	}
	return true
}

// Len is the number of elements.
func (t *Tensor) Len() int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= int64(d)
	}
	return n
}

// ReadAt reads row-major bytes of the tensor from a byte position on; both must be multiples of the element's size.
func (t *Tensor) ReadAt(p []byte, at int64) (int, error) {
	size := int64(t.DType.Size())
	if err := t.storage.verify(); err != nil {
		return 0, err
	}
	base := t.storage.at
	if t.contiguous() {
		return t.storage.r.ReadAt(p, base+t.offset*size+at)
	}
	return t.gather(p, at/size, base, size)
}

// gather reads elements from number first on that do not follow each other: where they lie close together, all between
// them is read at once.
func (t *Tensor) gather(p []byte, first, base, size int64) (int, error) {
	n := int64(len(p)) / size
	if n == 0 {
		return 0, nil
	}
	low, high := t.place(first), t.place(first)
	for i := range n {
		at := t.place(first + i)
		low, high = min(low, at), max(high, at)
	}
	if (high-low)*size > maxSpan {
		for i := range n {
			if _, err := t.storage.r.ReadAt(p[i*size:][:size], base+t.place(first+i)*size); err != nil {
				return int(i * size), err
			}
		}
		return len(p), nil
	}
	span := make([]byte, (high-low+1)*size)
	if _, err := t.storage.r.ReadAt(span, base+low*size); err != nil {
		return 0, err
	}
	for i := range n {
		copy(p[i*size:][:size], span[(t.place(first+i)-low)*size:])
	}
	return len(p), nil
}

// maxSpan is how many bytes are read at once to pick elements from.
const maxSpan = 32 << 20

// place is where element i of the row-major order lies in the storage.
func (t *Tensor) place(i int64) int64 {
	at := t.offset
	for d := len(t.Shape) - 1; d >= 0; d-- {
		n := int64(t.Shape[d])
		at += i % n * t.strides[d]
		i /= n
	}
	return at
}

// verify compares the storage's bytes with the archive's CRC-32, once.
func (s *storage) verify() error {
	if s.crc == nil {
		return nil
	}
	want := *s.crc
	s.crc = nil
	h, buf := crc32.NewIEEE(), make([]byte, 1<<18)
	for at, end := s.at, s.at+s.length*int64(s.dtype.Size()); at < end; {
		n := min(end-at, int64(len(buf)))
		if _, err := s.r.ReadAt(buf[:n], at); err != nil {
			return err
		}
		h.Write(buf[:n])
		at += n
	}
	if h.Sum32() != want {
		return errors.New("storage " + strconv.Quote(s.key) + " does not match its CRC-32: the file is damaged, fetch it again")
	}
	return nil
}
