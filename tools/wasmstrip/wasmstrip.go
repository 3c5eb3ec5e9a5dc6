// Package wasmstrip makes the WebAssembly programs of the Go toolchain smaller to download. They do the same afterwards; a
// crash says what happened, but no longer in which function and line.
//
// A Go program carries tables for tracebacks, which -ldflags=-s -w leaves in: names of functions and files, lines, and the trees of
// inlined calls. Programs run without them (where a table's offset is zero the runtime prints a question mark), so they become zeros,
// which compress to nothing. What the garbage collector and the stack need stays: sizes of frames and maps of pointers.
//
// The linker also cuts the data into some forty thousand segments, at every few zero bytes; each has a header that compresses
// badly. They become one.
//
// And every call in a Go program writes a return address, five bytes that nothing repeats. What all of a function's have in common
// becomes a local.
package wasmstrip

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrLayout is what Strip answers, wrapped, where the program is not laid out as it knows: it is of another toolchain.
var ErrLayout = errors.New("unknown layout of a Go program")

// Strip returns a smaller program that does the same. The error wraps ErrLayout, or says where the file is broken.
func Strip(program []byte) ([]byte, error) {
	sections, err := readSections(program)
	if err != nil {
		return nil, err
	}
	data := find(sections, dataSection)
	if data == nil {
		return nil, errors.New("wasm file without a data section")
	}
	segments, err := readSegments(data.body)
	if err != nil {
		return nil, fmt.Errorf("data section: %w", err)
	}
	start, memory := join(segments)
	if err := stripTables(image{start, memory}); err != nil {
		return nil, err
	}
	data.body = writeSegment(start, memory)
	if err := shortenCode(sections); err != nil {
		return nil, fmt.Errorf("code section: %w", err)
	}
	return writeSections(sections), nil
}

// image is the memory that a program starts with.
type image struct {
	start int // address of its first byte
	data  []byte
}

// at is n bytes from an address on, an error where the program has none there.
func (m image) at(address, n int) ([]byte, error) {
	from := address - m.start
	if address < m.start || n < 0 || n > len(m.data) || from > len(m.data)-n {
		return nil, fmt.Errorf("%w: %d bytes at address %d are not in its data", ErrLayout, n, address)
	}
	return m.data[from:][:n], nil
}

// word is the 64-bit word at an address, as an address or a number.
func (m image) word(address int) (int, error) {
	b, err := m.at(address, 8)
	if err != nil {
		return 0, err
	}
	return int(binary.LittleEndian.Uint64(b)), nil
}
