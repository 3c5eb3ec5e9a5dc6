package wasmstrip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Sections of a module that say what its code is.
const (
	typeSection     = 1
	functionSection = 3
	codeSection     = 10
)

// Opcodes of what shorten writes, and the type of the local it adds.
const (
	localGet = 0x20
	localSet = 0x21
	localTee = 0x22
	i64Const = 0x42
	i64Or    = 0x84
	typeI64  = 0x7e
)

// stored is an i64.store without an offset.
var stored = []byte{0x37, 3, 0}

// lowBits is how much of a return address tells places within a function apart.
const lowBits = 16

// shortenCode rewrites every function. Go's calls put the return address on Go's stack: a 64-bit constant whose high part numbers the
// function and whose low 16 bits the place in it, five bytes that are nowhere the same, twenty thousand times. The high part becomes a local,
// set once, so that what differs is a byte or two: no fewer bytes, but 4 % less of them compressed. Compilers fold it into a constant again.
// Nothing here knows what a constant means, so that nothing can be mistaken for an address.
func shortenCode(sections []section) error {
	code := find(sections, codeSection)
	if code == nil {
		return errors.New("wasm file without functions")
	}
	params, err := paramCounts(sections)
	if err != nil {
		return err
	}
	r := reader{code.body}
	n := r.unsigned()
	if n != len(params) {
		return fmt.Errorf("wasm file with code for %d of %d functions", n, len(params))
	}
	out := binary.AppendUvarint(nil, uint64(n))
	for _, p := range params {
		body, err := r.take(r.unsigned())
		if err != nil {
			return err
		}
		if short := shorten(body, p); short != nil {
			body = short
		}
		out = binary.AppendUvarint(out, uint64(len(body)))
		out = append(out, body...)
	}
	code.body = out
	return nil
}

// paramCounts is how many parameters each function of the code section takes.
func paramCounts(sections []section) ([]int, error) {
	types, functions := find(sections, typeSection), find(sections, functionSection)
	if types == nil || functions == nil {
		return nil, errors.New("wasm file without types of functions")
	}
	var ofType []int
	r := reader{types.body}
	for range r.unsigned() {
		if form := r.unsigned(); form != 0x60 {
			return nil, fmt.Errorf("a type of form %#x, not of a function", form)
		}
		n := r.unsigned()
		if _, err := r.take(n); err != nil {
			return nil, err
		}
		if _, err := r.take(r.unsigned()); err != nil {
			return nil, err
		}
		ofType = append(ofType, n)
	}
	var list []int
	r = reader{functions.body}
	for range r.unsigned() {
		t := r.unsigned()
		if t >= len(ofType) {
			return nil, fmt.Errorf("a function of type %d of %d", t, len(ofType))
		}
		list = append(list, ofType[t])
	}
	return list, nil
}

// operand is what follows an opcode that is rewritten, a 64-bit constant's or one that reads or sets a local: its value, and where opcode
// and value stand.
type operand struct {
	op, value, from, to int
}

// shorten is a body that does the same with short constants; nil: it has no such constants, or instructions unknown here. The local
// comes before the function's others and is there for a single constant too: the more functions look alike, the less they take compressed.
func shorten(body []byte, params int) []byte {
	groups, headed, begin := locals(body)
	list, ok := operands(body, begin)
	if !ok {
		return nil
	}
	high, times := commonest(body, list)
	if times == 0 {
		return nil
	}
	out := binary.AppendUvarint(nil, uint64(groups+1))
	out = append(out, 1, typeI64)
	out = append(out, body[headed:begin]...)
	out = appendSigned(append(out, i64Const), high<<lowBits)
	out = appendLocal(out, localSet, params)
	for _, o := range list {
		out = append(out, body[begin:o.from]...)
		begin = o.to
		switch {
		case o.op != i64Const && o.value >= params:
			out = appendLocal(out, o.op, o.value+1)
		case o.op == i64Const && o.value>>lowBits == high:
			out = append(appendLocal(out, localGet, params), i64Const)
			out = append(appendSigned(out, o.value&(1<<lowBits-1)), i64Or)
		default:
			out = append(out, body[o.from:o.to]...)
		}
	}
	return append(out, body[begin:]...)
}

// locals is in how many groups a body declares its locals, and from where to where they stand; instructions follow.
func locals(body []byte) (groups, from, to int) {
	r := reader{body}
	groups = r.unsigned()
	from = len(body) - len(r.rest)
	for range 2 * groups {
		r.unsigned() // how many, their type
	}
	return groups, from, len(body) - len(r.rest)
}

func appendLocal(out []byte, op, local int) []byte {
	return binary.AppendUvarint(append(out, byte(op)), uint64(local))
}

// commonest is the high part that most of the constants share which are stored at once, as return addresses are, and how many do.
func commonest(body []byte, list []operand) (high, times int) {
	count := map[int]int{}
	for _, o := range list {
		if h := o.value >> lowBits; o.op == i64Const && h > 0 && bytes.HasPrefix(body[o.to:], stored) {
			count[h]++
			if count[h] > times || count[h] == times && h < high {
				high, times = h, count[h]
			}
		}
	}
	return high, times
}

// operands finds them among a function's instructions; not ok: some are unknown.
func operands(body []byte, begin int) (list []operand, ok bool) {
	r := reader{body[begin:]}
	for len(r.rest) > 0 {
		o := operand{op: int(r.rest[0]), from: len(body) - len(r.rest)}
		r.rest = r.rest[1:]
		switch o.op {
		case i64Const:
			o.value, ok = r.signed()
		case localGet, localSet, localTee:
			o.value = r.number()
			ok = o.value >= 0
		default:
			if !r.skip(o.op) {
				return nil, false
			}
			continue
		}
		if !ok {
			return nil, false
		}
		o.to = len(body) - len(r.rest)
		list = append(list, o)
	}
	return list, true
}
