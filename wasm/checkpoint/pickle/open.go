package pickle

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// Open reads the structure of a file that torch.save wrote, of size bytes; name is used in errors. Errors are *weights.Error.
func Open(r io.ReaderAt, size int64, name string) (*File, error) {
	var start [4]byte
	if size < 4 {
		return nil, failure(name, "", "is "+number(size)+" bytes long, too short for a checkpoint")
	}
	if _, err := r.ReadAt(start[:], 0); err != nil {
		return nil, failure(name, "", "cannot be read: "+err.Error())
	}
	var root any
	var err error
	switch {
	case string(start[:]) == "PK\x03\x04" || string(start[:2]) == "PK":
		root, err = openArchive(r, size)
	case start[0] == 0x80:
		root, err = openStream(r, size)
	default:
		err = errors.New("is neither a zip archive nor a pickle: not a file of torch.save")
	}
	if err != nil {
		return nil, failure(name, "pickle", err.Error())
	}
	return &File{Root: root, name: name}, nil
}

// stream is the older form: magic number, protocol version, system, object, list of storages, then each storage's length
// and elements.
type stream struct {
	r        *counter
	source   io.ReaderAt
	size     int64
	storages map[string]*storage
}

// counter is a buffered reader that knows where it is.
type counter struct {
	*bufio.Reader
	at int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.at += int64(n)
	return n, err
}

func (c *counter) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.at++
	}
	return b, err
}

// magic is 0x1950a86a20f9469cfc6c.
var magic = Long("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")

func openStream(r io.ReaderAt, size int64) (any, error) {
	s := &stream{&counter{Reader: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<16)}, r, size, map[string]*storage{}}
	if v, err := s.object(nil); err != nil {
		return nil, err
	} else if v != magic {
		return nil, errors.New("does not begin with the magic number of torch.save")
	}
	if v, err := s.object(nil); err != nil {
		return nil, err
	} else if v != int64(1001) {
		return nil, errors.New("is of another version of torch.save's format than 1001")
	}
	system, err := s.object(nil)
	if err != nil {
		return nil, err
	}
	if d, ok := system.(*Dict); ok {
		if little, there := d.Get("little_endian"); there && little != true {
			return nil, errors.New("holds big-endian numbers, which are not read")
		}
	}
	root, err := s.object(s.storage)
	if err != nil {
		return nil, err
	}
	return root, s.data()
}

// object reads one pickle of the stream.
func (s *stream) object(find func([]any) (*storage, error)) (any, error) {
	if s.r.at > maxPickle {
		return nil, errors.New("is too long a pickle")
	}
	m := machine{in: s.r, storage: find}
	return m.run()
}

func (s *stream) storage(id []any) (*storage, error) {
	st, err := parseID(id)
	if err != nil {
		return nil, err
	}
	if len(id) > 5 && id[5] != nil {
		return nil, errors.New("has a view of a storage, as the very first versions of torch.save wrote: save the model again")
	}
	if old := s.storages[st.key]; old != nil {
		if old.dtype != st.dtype || old.length != st.length {
			return nil, errors.New("names storage " + strconv.Quote(st.key) + " twice with different sizes")
		}
		return old, nil
	}
	if st.length > s.size/int64(st.dtype.Size()) {
		return nil, errors.New("names storage " + strconv.Quote(st.key) + " of " + number(st.length) + " elements, more than the file has")
	}
	st.r, s.storages[st.key] = s.source, st
	return st, nil
}

// data places the storages, which follow in the order of a list of their keys.
func (s *stream) data() error {
	keys, err := s.object(nil)
	if err != nil {
		return err
	}
	order, ok := keys.(*List)
	if !ok || len(order.Items) != len(s.storages) {
		return errors.New("does not list the storages its tensors lie in")
	}
	at, placed := s.r.at, map[*storage]bool{}
	for _, key := range order.Items {
		text, _ := key.(string)
		st := s.storages[text]
		if st == nil || placed[st] {
			return errors.New("lists a storage that no tensor lies in, or one twice")
		}
		placed[st] = true
		var length [8]byte
		if _, err := s.source.ReadAt(length[:], at); err != nil {
			return errors.New("ends before the data of storage " + strconv.Quote(st.key) + ": the file is truncated")
		}
		if n := binary.LittleEndian.Uint64(length[:]); n != uint64(st.length) {
			return errors.New("storage " + strconv.Quote(st.key) + " has " + strconv.FormatUint(n, 10) + " elements, its tensors need " + number(st.length))
		}
		st.at = at + 8
		at = st.at + st.length*int64(st.dtype.Size())
		if at > s.size {
			return errors.New("ends in the data of storage " + strconv.Quote(st.key) + ": the file is truncated")
		}
	}
	if at != s.size {
		return errors.New("has " + number(s.size-at) + " bytes behind its last storage")
	}
	return nil
}

// parseID reads the first five parts of a persistent id.
func parseID(id []any) (*storage, error) {
	bad := errors.New("has a persistent id that does not name a storage")
	if len(id) < 5 || id[0] != "storage" {
		return nil, bad
	}
	class, ok := id[1].(*global)
	key, ok1 := id[2].(string)
	length, ok2 := id[4].(int64)
	if !ok || !ok1 || !ok2 || length < 0 || length > math.MaxInt64/16 {
		return nil, bad
	}
	dtype := inert[class.name]
	if dtype == "" || !strings.HasSuffix(class.name, "Storage") {
		return nil, bad
	}
	return &storage{key: key, dtype: dtype, length: length}, nil
}

// parse interprets a pickle in memory.
func parse(data []byte, find func([]any) (*storage, error)) (any, error) {
	in := bytes.NewReader(data)
	m := machine{in: in, storage: find}
	v, err := m.run()
	if err == nil && in.Len() > 0 {
		err = errors.New("has " + strconv.Itoa(in.Len()) + " bytes behind its end")
	}
	return v, err
}
