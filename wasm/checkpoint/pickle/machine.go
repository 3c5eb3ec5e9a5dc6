package pickle

import (
	"encoding/binary"
	"errors"
	"io"
	"strconv"
)

// input is where a pickle is read from.
type input interface {
	io.Reader
	io.ByteReader
}

// mark separates the items of a container on the stack.
type mark struct{}

// machine is the interpreter's state while it reads one pickle.
type machine struct {
	in    input
	stack []any
	memo  map[uint32]any
	done  bool
	count int // tensors made
	// storage finds the storage a persistent id names.
	storage func(id []any) (*storage, error)
}

// run reads a pickle up to its STOP and gives the object it builds.
func (m *machine) run() (any, error) {
	m.memo = map[uint32]any{}
	for n := 0; !m.done; n++ {
		if n == maxOpcodes {
			return nil, errors.New("has more than " + strconv.Itoa(maxOpcodes) + " opcodes")
		}
		op, err := m.in.ReadByte()
		if err != nil {
			return nil, errors.New("ends without a STOP: the file is truncated or not a pickle")
		}
		do := opcodes[op]
		if do == nil {
			return nil, errors.New("opcode " + strconv.QuoteRuneToASCII(rune(op)) + " (" + strconv.Itoa(int(op)) + ") is not one that checkpoints of tensors need")
		}
		if err := do(m); err != nil {
			return nil, err
		}
		if len(m.stack) > maxStack {
			return nil, errors.New("has more than " + strconv.Itoa(maxStack) + " items on its stack")
		}
	}
	return m.stack[0], nil
}

var errStack = errors.New("takes from an empty stack: the pickle is damaged")

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

func (m *machine) pop() (any, error) {
	if len(m.stack) == 0 {
		return nil, errStack
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	if _, ok := v.(mark); ok {
		return nil, errStack
	}
	return v, nil
}

func (m *machine) top() (any, error) {
	v, err := m.pop()
	if err == nil {
		m.push(v)
	}
	return v, err
}

// popMark takes everything above the newest mark.
func (m *machine) popMark() ([]any, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, ok := m.stack[i].(mark); ok {
			items := append([]any(nil), m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return items, nil
		}
	}
	return nil, errors.New("has no mark on its stack: the pickle is damaged")
}

func (m *machine) popN(n int) ([]any, error) {
	items := make([]any, n)
	for i := n - 1; i >= 0; i-- {
		v, err := m.pop()
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	return items, nil
}

// bytes reads n bytes.
func (m *machine) bytes(n uint64, limit int) ([]byte, error) {
	if n > uint64(limit) {
		return nil, errors.New("has a value of " + strconv.FormatUint(n, 10) + " bytes, at most " + strconv.Itoa(limit) + " are read")
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(m.in, b); err != nil {
		return nil, errors.New("ends in the middle of a value: the file is truncated")
	}
	return b, nil
}

// uint reads a little-endian number of size bytes.
func (m *machine) uint(size int) (uint64, error) {
	b, err := m.bytes(uint64(size), 8)
	if err != nil {
		return 0, err
	}
	var full [8]byte
	copy(full[:], b)
	return binary.LittleEndian.Uint64(full[:]), nil
}

// line reads to a line feed, which is left out.
func (m *machine) line() (string, error) {
	var b []byte
	for len(b) < 256 {
		c, err := m.in.ReadByte()
		if err != nil {
			return "", errors.New("ends in the middle of a name: the file is truncated")
		}
		if c == '\n' {
			return string(b), nil
		}
		b = append(b, c)
	}
	return "", errors.New("has a name of more than 256 bytes")
}

func (m *machine) put(key uint32) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	if len(m.memo) >= maxMemo {
		return errors.New("remembers more than " + strconv.Itoa(maxMemo) + " objects")
	}
	m.memo[key] = v
	return nil
}

func (m *machine) get(key uint32) error {
	v, ok := m.memo[key]
	if !ok {
		return errors.New("asks for object " + strconv.Itoa(int(key)) + ", which it has not made: the pickle is damaged")
	}
	m.push(v)
	return nil
}

// nest notes that a container holds v.
func nest(depth *int, v any) error {
	if d := depthOf(v) + 1; d > *depth {
		*depth = d
	}
	if *depth > maxDepth {
		return errors.New("nests containers deeper than " + strconv.Itoa(maxDepth))
	}
	return nil
}

func list(items []any) (*List, error) {
	l := &List{Items: items, depth: 1}
	for _, v := range items {
		if err := nest(&l.depth, v); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *List) add(items []any) error {
	for _, v := range items {
		if err := nest(&l.depth, v); err != nil {
			return err
		}
	}
	l.Items = append(l.Items, items...)
	return nil
}

func newDict() *Dict { return &Dict{index: map[string]int{}, depth: 1} }

// set adds pairs of keys and values; a repeated string key replaces the value, as in Python.
func (d *Dict) set(items []any) error {
	if len(items)%2 != 0 {
		return errors.New("has a key without a value: the pickle is damaged")
	}
	for i := 0; i < len(items); i += 2 {
		if err := nest(&d.depth, items[i]); err != nil {
			return err
		}
		if err := nest(&d.depth, items[i+1]); err != nil {
			return err
		}
		key, text := items[i].(string)
		if at, seen := d.index[key]; text && seen {
			d.Values[at] = items[i+1]
			continue
		}
		if text {
			d.index[key] = len(d.Keys)
		}
		d.Keys, d.Values = append(d.Keys, items[i]), append(d.Values, items[i+1])
	}
	return nil
}
