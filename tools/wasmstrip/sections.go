package wasmstrip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// A section of a WebAssembly module, as section 5.5 of the core specification has it.
type section struct {
	id   byte
	body []byte
}

const dataSection = 11

var header = []byte("\x00asm\x01\x00\x00\x00")

var errShort = errors.New("wasm file is cut short")

func find(sections []section, id byte) *section {
	for i := range sections {
		if sections[i].id == id {
			return &sections[i]
		}
	}
	return nil
}

func readSections(module []byte) ([]section, error) {
	rest, ok := bytes.CutPrefix(module, header)
	if !ok {
		return nil, errors.New("not a WebAssembly module of version 1")
	}
	var list []section
	for len(rest) > 0 {
		r := reader{rest[1:]}
		body, err := r.take(r.unsigned())
		if err != nil {
			return nil, err
		}
		list = append(list, section{rest[0], body})
		rest = r.rest
	}
	return list, nil
}

func writeSections(list []section) []byte {
	out := bytes.Clone(header)
	for _, s := range list {
		out = append(out, s.id)
		out = binary.AppendUvarint(out, uint64(len(s.body)))
		out = append(out, s.body...)
	}
	return out
}

// A segment is a run of bytes that the memory starts with.
type segment struct {
	address int
	bytes   []byte
}

// Opcodes of the expression that gives a segment's address.
const (
	i32Const = 0x41
	end      = 0x0b
)

func readSegments(body []byte) ([]segment, error) {
	r := reader{body}
	var list []segment
	for range r.unsigned() {
		if kind, op := r.unsigned(), r.unsigned(); kind != 0 || op != i32Const {
			return nil, errors.New("a segment that is not placed by a constant in the first memory")
		}
		address, ok := r.signed()
		if !ok || r.unsigned() != end || address < 0 || address > math.MaxInt32 {
			return nil, errors.New("a segment's address is not a plain constant")
		}
		b, err := r.take(r.unsigned())
		if err != nil {
			return nil, err
		}
		list = append(list, segment{address, b})
	}
	return list, nil
}

// join is the memory from the first segment's byte to the last one's; what no segment covers is zero, as it is in a fresh
// memory.
func join(list []segment) (start int, memory []byte) {
	if len(list) == 0 {
		return 0, nil
	}
	slices.SortStableFunc(list, func(a, b segment) int { return a.address - b.address })
	start = list[0].address
	for _, s := range list {
		if missing := s.address - start - len(memory); missing > 0 {
			memory = append(memory, make([]byte, missing)...)
		}
		memory = append(memory[:s.address-start], s.bytes...)
	}
	return start, memory
}

// writeSegment is the body of a data section of one segment.
func writeSegment(address int, data []byte) []byte {
	out := []byte{1, 0, i32Const}
	out = appendSigned(out, address)
	out = append(out, end)
	out = binary.AppendUvarint(out, uint64(len(data)))
	return append(out, data...)
}

// A reader takes LEB128 numbers and bytes off its front. Behind the end everything is zero, and take fails.
type reader struct{ rest []byte }

func (r *reader) unsigned() int {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > 1<<32 {
		r.rest = nil
		return 0
	}
	r.rest = r.rest[n:]
	return int(v)
}

// signed is a number of up to 64 bits; false: it is longer, or the end is missing.
func (r *reader) signed() (value int, ok bool) {
	for i, b := range r.rest {
		shift := 7 * i
		if shift > 63 {
			break
		}
		value |= int(b&0x7f) << shift
		if b < 0x80 {
			if b&0x40 != 0 && shift < 57 {
				value -= 1 << (shift + 7)
			}
			r.rest = r.rest[i+1:]
			return value, true
		}
	}
	r.rest = nil
	return 0, false
}

func (r *reader) take(n int) ([]byte, error) {
	if n > len(r.rest) || r.rest == nil {
		return nil, errShort
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b, nil
}

func appendSigned(out []byte, v int) []byte {
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}
