package sha256

import (
	"encoding/binary"
	"math/bits"
)

// plain is SHA-256 as FIPS 180-4 (section 6.2) has it.
type plain struct {
	h      [8]uint32
	block  [64]byte // what has come since the last whole block
	filled int
	length uint64 // bytes in all
}

// initial are the first 32 bits of the fractional parts of the square roots of the first 8 primes, constants those of the cube roots of the first
// 64 (sections 5.3.3 and 4.2.2).
var (
	initial   = [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
	constants = [64]uint32{
		0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
		0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
		0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
		0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
		0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
		0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
		0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
		0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
	}
)

func newPlain() *plain {
	p := &plain{}
	p.Reset()
	return p
}

// Reset starts anew.
func (p *plain) Reset() { *p = plain{h: initial} }

// Write adds data; it cannot fail.
func (p *plain) Write(data []byte) (int, error) {
	p.add(data)
	p.length += uint64(len(data))
	return len(data), nil
}

func (p *plain) add(data []byte) {
	if p.filled > 0 {
		n := copy(p.block[p.filled:], data)
		data, p.filled = data[n:], p.filled+n
		if p.filled < len(p.block) {
			return
		}
		p.compress(p.block[:])
		p.filled = 0
	}
	for ; len(data) >= len(p.block); data = data[len(p.block):] {
		p.compress(data)
	}
	p.filled = copy(p.block[:], data)
}

// Sum appends the hash of what has come so far, which may go on afterwards.
func (p *plain) Sum(out []byte) []byte {
	d := *p
	// A one, zeros, and the length in bits end the last block (section 5.1.1).
	var end [2 * 64]byte
	end[0] = 0x80
	size := 64 - d.filled
	if size < 9 {
		size += 64
	}
	binary.BigEndian.PutUint64(end[size-8:], 8*d.length)
	d.add(end[:size])
	for _, word := range d.h {
		out = binary.BigEndian.AppendUint32(out, word)
	}
	return out
}

// compress takes in one block.
func (p *plain) compress(block []byte) {
	var w [64]uint32
	for i := range 16 {
		w[i] = binary.BigEndian.Uint32(block[4*i:])
	}
	for i := 16; i < 64; i++ {
		x, y := w[i-15], w[i-2]
		w[i] = w[i-16] + w[i-7] + (bits.RotateLeft32(x, -7) ^ bits.RotateLeft32(x, -18) ^ x>>3) + (bits.RotateLeft32(y, -17) ^ bits.RotateLeft32(y, -19) ^ y>>10)
	}
	a, b, c, d, e, f, g, h := p.h[0], p.h[1], p.h[2], p.h[3], p.h[4], p.h[5], p.h[6], p.h[7]
	for i, k := range constants {
		t1 := h + (bits.RotateLeft32(e, -6) ^ bits.RotateLeft32(e, -11) ^ bits.RotateLeft32(e, -25)) + (e&f ^ ^e&g) + k + w[i]
		t2 := (bits.RotateLeft32(a, -2) ^ bits.RotateLeft32(a, -13) ^ bits.RotateLeft32(a, -22)) + (a&b ^ a&c ^ b&c)
		a, b, c, d, e, f, g, h = t1+t2, a, b, c, d+t1, e, f, g
	}
	for i, v := range [8]uint32{a, b, c, d, e, f, g, h} {
		p.h[i] += v
	}
}
