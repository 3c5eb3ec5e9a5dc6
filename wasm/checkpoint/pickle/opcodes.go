package pickle

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"unicode/utf8"
)

// opcodes is the closed table of what a pickle may ask for: Python's protocols 2 to 5 as torch.save uses them, without
// objects of any class, extensions and out-of-band buffers.
var opcodes [256]func(*machine) error

func init() {
	constants()
	numbers()
	containers()
	calls()
}

func constants() {
	opcodes['('] = func(m *machine) error { m.push(mark{}); return nil }
	opcodes['N'] = func(m *machine) error { m.push(nil); return nil }
	opcodes[0x88] = func(m *machine) error { m.push(true); return nil }
	opcodes[0x89] = func(m *machine) error { m.push(false); return nil }
	opcodes['.'] = (*machine).stop
	opcodes['0'] = func(m *machine) error { _, err := m.pop(); return err }            // POP
	opcodes['1'] = func(m *machine) error { _, err := m.popMark(); return err }        // POP_MARK
	opcodes[0x80] = (*machine).proto                                                   // PROTO
	opcodes[0x95] = func(m *machine) error { _, err := m.uint(8); return err }         // FRAME: only says how much to read ahead
	opcodes[0x94] = func(m *machine) error { return m.put(uint32(len(m.memo))) }       // MEMOIZE
	opcodes['q'] = func(m *machine) error { return m.indexed(1, (*machine).put) }      // BINPUT
	opcodes['r'] = func(m *machine) error { return m.indexed(4, (*machine).put) }      // LONG_BINPUT
	opcodes['h'] = func(m *machine) error { return m.indexed(1, (*machine).get) }      // BINGET
	opcodes['j'] = func(m *machine) error { return m.indexed(4, (*machine).get) }      // LONG_BINGET
	opcodes['2'] = func(m *machine) error { v, err := m.top(); m.push(v); return err } // DUP
}

func (m *machine) stop() error {
	if len(m.stack) != 1 {
		return errors.New("leaves " + strconv.Itoa(len(m.stack)) + " objects at its end, expected one: the pickle is damaged")
	}
	if _, ok := m.stack[0].(mark); ok {
		return errStack
	}
	m.done = true
	return nil
}

func (m *machine) proto() error {
	v, err := m.uint(1)
	if err == nil && (v < 2 || v > 5) {
		err = errors.New("is of pickle protocol " + strconv.FormatUint(v, 10) + ", expected 2 to 5")
	}
	return err
}

func (m *machine) indexed(size int, do func(*machine, uint32) error) error {
	i, err := m.uint(size)
	if err != nil {
		return err
	}
	return do(m, uint32(i))
}

func numbers() {
	integer := func(size int, widen func(uint64) int64) func(*machine) error {
		return func(m *machine) error {
			v, err := m.uint(size)
			m.push(widen(v))
			return err
		}
	}
	opcodes['K'] = integer(1, func(v uint64) int64 { return int64(v) })        // BININT1
	opcodes['M'] = integer(2, func(v uint64) int64 { return int64(v) })        // BININT2
	opcodes['J'] = integer(4, func(v uint64) int64 { return int64(int32(v)) }) // BININT
	opcodes[0x8a] = func(m *machine) error { return m.long(1) }                // LONG1
	opcodes[0x8b] = func(m *machine) error { return m.long(4) }                // LONG4
	opcodes['G'] = func(m *machine) error {                                    // BINFLOAT, big-endian
		b, err := m.bytes(8, 8)
		if err == nil {
			m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
		}
		return err
	}
	text := func(size int) func(*machine) error { return func(m *machine) error { return m.text(size) } }
	opcodes['X'], opcodes[0x8c], opcodes[0x8d] = text(4), text(1), text(8) // BINUNICODE and its short and long forms
	opcodes['U'], opcodes['T'] = text(1), text(4)                          // SHORT_BINSTRING, BINSTRING
	opcodes['C'], opcodes['B'], opcodes[0x8e] = text(1), text(4), text(8)  // BINBYTES and its forms
}

// long reads an integer of any size; those beyond int64 stay as bytes.
func (m *machine) long(size int) error {
	n, err := m.uint(size)
	if err != nil {
		return err
	}
	b, err := m.bytes(n, maxLong)
	if err != nil {
		return errors.New("has an integer of " + strconv.FormatUint(n, 10) + " bytes, at most " + strconv.Itoa(maxLong) + " are read")
	}
	if len(b) > 8 {
		m.push(Long(b))
		return nil
	}
	var full [8]byte
	if len(b) > 0 && b[len(b)-1]&0x80 != 0 {
		full = [8]byte{255, 255, 255, 255, 255, 255, 255, 255}
	}
	copy(full[:], b)
	m.push(int64(binary.LittleEndian.Uint64(full[:])))
	return nil
}

// text reads a string; bytes are kept as a string too.
func (m *machine) text(size int) error {
	n, err := m.uint(size)
	if err != nil {
		return err
	}
	b, err := m.bytes(n, maxString)
	if err != nil {
		return err
	}
	if !utf8.Valid(b) {
		m.push(&Opaque{"bytes"})
		return nil
	}
	m.push(string(b))
	return nil
}

func containers() {
	opcodes['}'] = func(m *machine) error { m.push(newDict()); return nil }
	opcodes[']'] = func(m *machine) error { return m.group(nil, nil) }
	opcodes[')'] = func(m *machine) error { return m.group(nil, nil) }
	opcodes['t'] = func(m *machine) error { return m.group(m.popMark()) }
	opcodes['l'] = opcodes['t']
	opcodes[0x85] = func(m *machine) error { return m.group(m.popN(1)) }
	opcodes[0x86] = func(m *machine) error { return m.group(m.popN(2)) }
	opcodes[0x87] = func(m *machine) error { return m.group(m.popN(3)) }
	opcodes['a'] = func(m *machine) error { return m.extend(m.popN(1)) }
	opcodes['e'] = func(m *machine) error { return m.extend(m.popMark()) }
	opcodes['s'] = func(m *machine) error { return m.items(m.popN(2)) }
	opcodes['u'] = func(m *machine) error { return m.items(m.popMark()) }
	opcodes['d'] = func(m *machine) error {
		items, err := m.popMark()
		m.push(newDict())
		return m.items(items, err)
	}
	opcodes[0x8f] = func(m *machine) error { return m.group(nil, nil) }     // EMPTY_SET
	opcodes[0x90] = func(m *machine) error { return m.extend(m.popMark()) } // ADDITEMS
}

func (m *machine) group(items []any, err error) error {
	if err != nil {
		return err
	}
	l, err := list(items)
	m.push(l)
	return err
}

func (m *machine) extend(items []any, err error) error {
	if err != nil {
		return err
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	l, ok := v.(*List)
	if !ok {
		return errors.New("adds items to what is not a list: the pickle is damaged")
	}
	return l.add(items)
}

func (m *machine) items(items []any, err error) error {
	if err != nil {
		return err
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	d, ok := v.(*Dict)
	if !ok {
		return errors.New("sets keys of what is not a dictionary: the pickle is damaged")
	}
	return d.set(items)
}
