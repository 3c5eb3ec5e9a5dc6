package codec

import (
	"errors"
	"strconv"
)

// A file is a header of 11 to 15 bytes and a range-coded stream:
//
//	0  2  "uD": a picture coded with a diffusion model
//	2  1  version, 1
//	3  4  the first bytes of the model's id
//	7  1  Zipf parameter: the ratio, of 256, of the shares of indices with one binary digit more and less
//	8  1  the most binary digits of an index (lowest 5 bits); 32: two bytes with the class label follow
//	9  2  length of the stream, lowest byte first; 64 of byte 8: two more bytes follow
//
// The stream is a list of steps from level T-1 down to 0: the rung of the step's length, the rung of its number of parts, an index for
// each part.
type header struct {
	model  string // 8 hexadecimal digits
	zipf   int
	digits int
	label  int // -1: none
	length int // of the stream
}

const (
	magic      = "uD\x01"
	hasLabel   = 32
	longLength = 64
	maxDigits  = 24
)

func (h *header) bytes() []byte {
	model, _ := strconv.ParseUint(h.model, 16, 32)
	out := append([]byte(magic), byte(model>>24), byte(model>>16), byte(model>>8), byte(model))
	flags := byte(h.digits)
	if h.label >= 0 {
		flags |= hasLabel
	}
	if h.length >= 1<<16 {
		flags |= longLength
	}
	out = append(out, byte(h.zipf), flags)
	if h.label >= 0 {
		out = append(out, byte(h.label), byte(h.label>>8))
	}
	out = append(out, byte(h.length), byte(h.length>>8))
	if flags&longLength != 0 {
		out = append(out, byte(h.length>>16), byte(h.length>>24))
	}
	return out
}

// Errors of files.
var (
	ErrForeign = errors.New("is not a picture coded by this program")
	ErrModel   = errors.New("was coded with another model")
	ErrCut     = errors.New("is cut inside its header")
	ErrDamaged = errors.New("is damaged")
)

// parse reads a header; rest is the stream, or what there is of it.
func parse(data []byte) (h header, rest []byte, err error) {
	if len(data) < len(magic) || string(data[:2]) != magic[:2] {
		if len(data) > 0 && len(data) < 2 && data[0] == magic[0] {
			return h, nil, ErrCut
		}
		return h, nil, ErrForeign
	}
	if data[2] != magic[2] {
		return h, nil, errors.New("is of version " + strconv.Itoa(int(data[2])) + ", this program reads 1: update it")
	}
	r := reader{data[3:], true}
	for _, b := range r.take(4) {
		h.model += strconv.FormatUint(uint64(b)|256, 16)[1:]
	}
	h.zipf = r.number(1)
	flags := r.number(1)
	h.digits, h.label = flags&31, -1
	if flags&hasLabel != 0 {
		h.label = r.number(2)
	}
	h.length = r.number(2)
	if flags&longLength != 0 {
		h.length |= r.number(2) << 16
	}
	if !r.ok {
		return h, nil, ErrCut
	}
	if h.digits < 1 || h.digits > maxDigits || h.zipf < 1 || flags > hasLabel+longLength+31 || len(r.data) > h.length {
		return h, nil, ErrDamaged
	}
	return h, r.data, nil
}

// reader takes bytes until there are none.
type reader struct {
	data []byte
	ok   bool
}

func (r *reader) take(n int) []byte {
	if len(r.data) < n {
		r.ok = false
		return make([]byte, n)
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

// number is n bytes, lowest first.
func (r *reader) number(n int) (v int) {
	for i, b := range r.take(n) {
		v |= int(b) << (8 * i)
	}
	return v
}

// modelPrefix is the part of a model's id that a file holds.
func modelPrefix(id string) string {
	if len(id) < 8 {
		return "00000000"
	}
	return id[:8]
}
