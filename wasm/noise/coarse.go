package noise

import "math"

// Coarse makes normals from 16 bits each, eight a block: much faster than Normals and coarser, the 65536 midpoints of equal shares of
// the normal distribution, at most 4.3. It is for noise of which thousands of candidates are drawn and one is kept.
type Coarse struct{ table []float32 }

// NewCoarse makes the table, 256 KiB.
func NewCoarse() *Coarse {
	c := &Coarse{make([]float32, 1<<16)}
	for i := range c.table {
		c.table[i] = float32(-math.Sqrt2 * math.Erfcinv((2*float64(i)+1)/(1<<16)))
	}
	return c
}

// Fill makes candidate number of stream Coder: its values depend on seed, t, part, number and position alone.
func (c *Coarse) Fill(out []float32, seed uint64, t, part, number uint32) {
	for i := 0; i < len(out); i += 8 {
		r := coarseBlock(seed, t, part, number, i)
		for j, v := range out[i:min(i+8, len(out))] {
			_ = v
			out[i+j] = c.table[r[j/2]>>(16*(j%2))&0xffff]
		}
	}
}

// Dot is the inner product of candidate number with d: Fill and a sum, without the room.
func (c *Coarse) Dot(d []float32, seed uint64, t, part, number uint32) float32 {
	var s0, s1, s2, s3 float32
	for i := 0; i < len(d); i += 8 {
		r := coarseBlock(seed, t, part, number, i)
		if i+8 > len(d) {
			for j, v := range d[i:] {
				s0 += v * c.table[r[j/2]>>(16*(j%2))&0xffff]
			}
			break
		}
		v := (*[8]float32)(d[i:])
		s0 += v[0]*c.table[r[0]&0xffff] + v[1]*c.table[r[0]>>16]
		s1 += v[2]*c.table[r[1]&0xffff] + v[3]*c.table[r[1]>>16]
		s2 += v[4]*c.table[r[2]&0xffff] + v[5]*c.table[r[2]>>16]
		s3 += v[6]*c.table[r[3]&0xffff] + v[7]*c.table[r[3]>>16]
	}
	return s0 + s1 + s2 + s3
}

// coarseBlock is the block of the eight values from i on. The candidate's number takes the sample's place in the counter, the part of
// the picture the second byte.
func coarseBlock(seed uint64, t, part, number uint32, i int) [4]uint32 {
	return Philox4x32([4]uint32{uint32(i/8) | part<<16, uint32(Coder)<<24 | part>>16, t, number}, [2]uint32{uint32(seed), uint32(seed >> 32)})
}
