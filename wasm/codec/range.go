package codec

import "math"

// The range coder: a number in [0, 1) is narrowed by one symbol after the other, with integers alone, so that every machine reads
// the same (Martin 1979; the carry is held back as in LZMA).

const (
	rangeTop = 1 << 24
	maxTotal = 1 << 16 // of a model's counts
)

// encoder writes symbols.
type encoder struct {
	low     uint64
	width   uint32
	cache   byte
	pending int // bytes of 0xff behind cache that a carry would change
	begun   bool
	out     []byte
}

func newEncoder() *encoder { return &encoder{width: math.MaxUint32} }

// encode narrows to the part [cum, cum+freq) of total.
func (e *encoder) encode(cum, freq, total uint32) {
	unit := e.width / total
	e.low += uint64(unit) * uint64(cum)
	e.width = unit * freq
	for e.width < rangeTop {
		e.width <<= 8
		e.shift()
	}
}

// shift moves the highest byte of low out, when no carry can reach it any more.
func (e *encoder) shift() {
	if e.low < 0xff000000 || e.low > math.MaxUint32 {
		carry := byte(e.low >> 32)
		if e.begun { // the first byte is 0 and not stored
			e.out = append(e.out, e.cache+carry)
		}
		for ; e.pending > 0; e.pending-- {
			e.out = append(e.out, 0xff+carry)
		}
		e.cache, e.begun = byte(e.low>>24), true
	} else {
		e.pending++
	}
	e.low = e.low << 8 & math.MaxUint32
}

// finish gives the bytes: as few as tell the last symbol, where missing ones are read as 0.
func (e *encoder) finish() []byte {
	for bits := 24; bits >= 0; bits -= 8 {
		mask := uint64(1)<<bits - 1
		if v := (e.low + mask) &^ mask; v < e.low+uint64(e.width) {
			e.low = v
			break
		}
	}
	for range 5 {
		e.shift()
	}
	for len(e.out) > 0 && e.out[len(e.out)-1] == 0 {
		e.out = e.out[:len(e.out)-1]
	}
	return e.out
}

// bits is about how many have been written.
func (e *encoder) bits() float64 {
	return 8*float64(len(e.out)+e.pending) + 32 - math.Log2(float64(e.width))
}

// decoder reads symbols. A cut stream ends where a byte is missing: what was read up to there is right.
type decoder struct {
	in    []byte
	whole bool // bytes after the end are 0; else they are missing
	ended bool // the next symbol cannot be told
	past  bool // it was asked for all the same
	code  uint32
	width uint32
}

func newDecoder(in []byte, whole bool) *decoder {
	d := &decoder{in: in, whole: whole, width: math.MaxUint32}
	for range 4 {
		d.code = d.code<<8 | uint32(d.next())
	}
	return d
}

func (d *decoder) next() byte {
	if len(d.in) == 0 {
		d.ended = d.ended || !d.whole
		return 0
	}
	b := d.in[0]
	d.in = d.in[1:]
	return b
}

// target is the place of the next symbol in total, to be followed by take.
func (d *decoder) target(total uint32) uint32 {
	d.past = d.past || d.ended
	return min(d.code/(d.width/total), total-1)
}

func (d *decoder) take(cum, freq, total uint32) {
	unit := d.width / total
	d.code -= unit * cum
	d.width = unit * freq
	for d.width < rangeTop {
		d.width <<= 8
		d.code = d.code<<8 | uint32(d.next())
	}
}

// raw codes the lowest n bits of v as they are.
func (e *encoder) raw(v uint32, n int) {
	for ; n > 0; n -= min(n, 8) {
		k := min(n, 8)
		e.encode(v>>(n-k)&(1<<k-1), 1, 1<<k)
	}
}

func (d *decoder) raw(n int) (v uint32) {
	for ; n > 0; n -= min(n, 8) {
		k := min(n, 8)
		part := d.target(1 << k)
		d.take(part, 1, 1<<k)
		v = v<<k | part
	}
	return v
}

// counts is an adaptive model of a small alphabet.
type counts struct {
	c    []uint32
	step uint32 // what a symbol's count grows by
}

// add counts a symbol.
func (m *counts) add(symbol int) {
	m.c[symbol] += m.step
	if m.total() < maxTotal/2 {
		return
	}
	for i := range m.c {
		m.c[i] = m.c[i]/2 + 1
	}
}

func (m *counts) total() (sum uint32) {
	for _, c := range m.c {
		sum += c
	}
	return sum
}

func (m *counts) encode(e *encoder, symbol int) {
	var cum uint32
	for _, c := range m.c[:symbol] {
		cum += c
	}
	e.encode(cum, m.c[symbol], m.total())
	m.add(symbol)
}

func (m *counts) decode(d *decoder) int {
	total := m.total()
	at, cum := d.target(total), uint32(0)
	symbol := 0
	for ; symbol < len(m.c)-1 && cum+m.c[symbol] <= at; symbol++ {
		cum += m.c[symbol]
	}
	d.take(cum, m.c[symbol], total)
	m.add(symbol)
	return symbol
}
