// Package pickle reads what torch.save wrote, zip archives and the older stream, without executing anything: a pickle is a
// program, and this is an interpreter for the few opcodes and classes that tensors, containers and numbers need. Anything
// else is an error that names it. Tensor data is read when asked for.
package pickle

import (
	"strconv"

	"unnoise/weights"
)

// Limits of what is read: far beyond any published checkpoint (a training state with its optimiser has some 50 thousand
// opcodes), small enough that no file costs more than a moment.
const (
	maxOpcodes = 4 << 20
	maxMemo    = 2 << 20
	maxString  = 1 << 20
	maxLong    = 64 // bytes of an integer
	maxDepth   = 64 // of containers in containers
	maxStack   = 4 << 20
	maxPickle  = 128 << 20
	maxTensors = 1 << 20
)

// The values of a pickle are nil, bool, int64, float64, string, Long, *Dict, *List (lists and tuples), *Tensor and *Opaque.

// Long is an integer beyond int64, little-endian two's complement.
type Long string

// Dict is a dictionary in the order it was written.
type Dict struct {
	Keys, Values []any
	index        map[string]int // of the string keys
	depth        int
}

// Get finds a string key.
func (d *Dict) Get(key string) (any, bool) {
	i, ok := d.index[key]
	if !ok {
		return nil, false
	}
	return d.Values[i], true
}

// List is a list or a tuple.
type List struct {
	Items []any
	depth int
}

// Opaque stands for a harmless object whose content is of no use here: a number of numpy, a device, a set.
type Opaque struct{ Class string }

// File is an open checkpoint.
type File struct {
	// Root is the object that was saved.
	Root any
	name string
}

// Name is the name the file was opened under.
func (f *File) Name() string { return f.name }

// depthOf is how deep containers are nested in v.
func depthOf(v any) int {
	switch v := v.(type) {
	case *Dict:
		return v.depth
	case *List:
		return v.depth
	}
	return 0
}

func failure(name, where, problem string) error {
	return &weights.Error{File: name, Where: where, Problem: problem}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
