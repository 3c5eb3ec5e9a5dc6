package checkpoint

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"

	"unnoise/weights"

	"github.com/x448/float16"
)

// piece is how many elements are read at a time.
const piece = 1 << 16

// each reads a tensor from first to last and calls do with runs of its values; at is the first one's index. A value that is not
// finite is an error.
func (t *stored) each(do func(at int, v []float32)) error {
	n := 1
	for _, d := range t.shape {
		n *= d
	}
	size := t.dtype.Size()
	data, values := make([]byte, min(n, piece)*size), make([]float32, min(n, piece))
	for at := 0; at < n; at += piece {
		count := min(n-at, piece)
		if k, err := t.r.ReadAt(data[:count*size], int64(at*size)); k < count*size {
			if err == nil {
				err = io.ErrUnexpectedEOF
			}
			return t.fail("cannot be read: " + err.Error())
		}
		v := values[:count]
		decode(v, data, t.dtype)
		for i, x := range v {
			if math.Float32bits(x)&0x7f800000 == 0x7f800000 {
				return t.fail("value " + strconv.Itoa(at+i) + " is not a finite number: the training diverged or the file is damaged")
			}
		}
		do(at, v)
	}
	return nil
}

// decode widens little-endian elements.
func decode(v []float32, data []byte, d weights.DType) {
	switch d {
	case weights.F32:
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case weights.F16:
		for i := range v {
			v[i] = float16.Frombits(binary.LittleEndian.Uint16(data[2*i:])).Float32()
		}
	default: // BF16; check has refused the rest
		for i := range v {
			v[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:])) << 16)
		}
	}
}

// each calls do with runs of a canonical tensor's values as the files have them: place says where they belong.
func (c *Checkpoint) each(m *mapping, do func(p *place, v []float32)) error {
	for part, from := range m.from {
		p := m.place(part)
		err := c.byName[from].each(func(at int, v []float32) {
			p.seek(at)
			do(p, v)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Values reads a canonical tensor as float32; a value that is not finite is an error.
func (c *Checkpoint) Values(name string) ([]float32, error) {
	m, ok := c.maps[name]
	if !ok {
		return nil, errors.New("tensor " + strconv.Quote(name) + " is not part of the network")
	}
	n := 1
	for _, d := range m.out {
		n *= d
	}
	out := make([]float32, n)
	return out, c.each(&m, func(p *place, v []float32) {
		for _, x := range v {
			out[p.next()] = x
		}
	})
}

// Tensor gives a canonical tensor as float32, so that engines can run a checkpoint as it is.
func (c *Checkpoint) Tensor(name string) (weights.Tensor, error) {
	v, err := c.Values(name)
	if err != nil {
		return weights.Tensor{}, err
	}
	return weights.FromFloat32s(name, c.maps[name].out, v), nil
}

// place walks through a source tensor's elements in their order and gives each one's index in the canonical tensor.
type place struct {
	m                  *mapping
	taps, inner, total int // of a matrix: elements of a kernel, input channels, canonical output channels
	first              int // canonical index of the part's first element (vectors) or output channel (matrices)
	tap, ci, co        int
	at                 int
}

func (m *mapping) place(part int) *place {
	size := 1
	for _, d := range m.shape {
		size *= d
	}
	p := &place{m: m, first: part * size}
	if m.order == outFirst {
		p.inner, p.taps, p.total, p.first = m.shape[1], size/(m.shape[0]*m.shape[1]), m.shape[0]*len(m.from), part*m.shape[0]
	}
	return p
}

// seek goes to element at of the source tensor.
func (p *place) seek(at int) {
	p.at = at
	if p.m.order == outFirst {
		p.tap, p.ci, p.co = at%p.taps, at/p.taps%p.inner, at/(p.taps*p.inner)
	}
}

// channel is the canonical output channel of the element at hand.
func (p *place) channel() int {
	if p.m.rows != nil {
		return p.m.rows[p.co]
	}
	return p.first + p.co
}

// next gives the canonical index of the element at hand and goes on.
func (p *place) next() int {
	if p.m.order != outFirst {
		at := p.at
		p.at++
		if p.m.rows != nil {
			return p.m.rows[at]
		}
		return p.first + at
	}
	i := (p.tap*p.inner+p.ci)*p.total + p.channel()
	if p.tap++; p.tap == p.taps {
		p.tap = 0
		if p.ci++; p.ci == p.inner {
			p.ci, p.co = 0, p.co+1
		}
	}
	return i
}
