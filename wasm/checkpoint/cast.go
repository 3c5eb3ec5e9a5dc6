package checkpoint

import (
	"encoding/binary"
	"math"

	"unnoise/wasm/model"
	"unnoise/wasm/unet"
	"unnoise/weights"

	"github.com/x448/float16"
)

// The normal range of float16.
const (
	smallestNormal = 0x1p-14
	largestHalf    = 65504
)

// caster casts one tensor after the other; its buffer is as large as the largest one.
type caster struct {
	c      *Checkpoint
	buf    []byte
	factor []float32
	mark   []channelMark
}

// channelMark is what a pass over the values learns of an output channel.
type channelMark struct {
	top float32 // largest magnitude
	odd bool    // has values beyond float16's normal range
}

// matrix casts a matrix to float16 and gives it with its scales, of none where no channel needs one. An output channel
// with values beyond float16's normal range is multiplied by a power of two that brings its largest value to [2^14, 2^15), which scale undoes
// exactly. Left alone, subnormals keep fewer bits, and GPUs may take them for zero. The data is valid until the next call.
func (k *caster) matrix(w unet.WeightSpec) (t weights.Tensor, scale []float32, r model.Rounding, err error) {
	m := k.c.maps[w.Name]
	r.Name = w.Name
	scaled, fits, err := k.measure(&m)
	if err != nil {
		return t, nil, r, err
	}
	if !fits {
		r.Float32 = true
		t, err = k.floats(w)
		r.Elements = t.Len()
		return t, nil, r, err
	}
	data, sum := k.reserve(w.Shape, 2), sums{r: &r}
	err = k.c.each(&m, func(p *place, v []float32) {
		for _, x := range v {
			f := k.factor[p.channel()]
			h := float16.Fromfloat32(x * f)
			binary.LittleEndian.PutUint16(data[2*p.next():], h.Bits())
			sum.note(x, h.Float32()/f)
		}
	})
	for _, f := range k.factor {
		if scaled {
			scale = append(scale, 1/f)
		}
		if f != 1 {
			r.Scaled++
		}
	}
	if sum.squares > 0 {
		r.Relative = math.Sqrt(sum.errors / sum.squares)
	}
	return weights.Tensor{Name: w.Name, DType: weights.F16, Shape: w.Shape, Data: data}, scale, r, err
}

// sums gathers a matrix's rounding.
type sums struct {
	r               *model.Rounding
	errors, squares float64
}

// note counts one value and what it became.
func (s *sums) note(x, stored float32) {
	a, e := math.Abs(float64(x)), float64(stored)-float64(x)
	s.r.Elements++
	if a > largestHalf {
		s.r.Overflow++
	}
	if a != 0 && a < smallestNormal {
		s.r.Subnormal++
	}
	if a != 0 && stored == 0 {
		s.r.Lost++
	}
	s.r.MaxAbs = max(s.r.MaxAbs, math.Abs(e))
	s.errors += e * e
	s.squares += a * a
}

// measure finds every output channel's factor; scaled says whether any is not 1, fits whether all lie in range with it.
func (k *caster) measure(m *mapping) (scaled, fits bool, err error) {
	cout := m.out[len(m.out)-1]
	k.mark, k.factor = append(k.mark[:0], make([]channelMark, cout)...), append(k.factor[:0], make([]float32, cout)...)
	err = k.c.each(m, func(p *place, v []float32) {
		for _, x := range v {
			c := &k.mark[p.channel()]
			a := float32(math.Abs(float64(x)))
			c.top = max(c.top, a)
			c.odd = c.odd || a != 0 && a < smallestNormal || a > largestHalf
			p.next()
		}
	})
	fits = true
	for i, c := range k.mark {
		k.factor[i] = c.factor()
		scaled = scaled || k.factor[i] != 1
		fits = fits && c.top*k.factor[i] <= largestHalf
	}
	return scaled, fits, err
}

// factor is the power of two for a channel; 1 where all of it is normal.
func (c channelMark) factor() float32 {
	if !c.odd {
		return 1
	}
	_, exp := math.Frexp(float64(c.top)) // top = m 2^exp with 1/2 <= m < 1
	return float32(math.Ldexp(1, min(max(15-exp, -100), 100)))
}

// floats reads a tensor as float32. The data is valid until the next call.
func (k *caster) floats(w unet.WeightSpec) (weights.Tensor, error) {
	m := k.c.maps[w.Name]
	data := k.reserve(w.Shape, 4)
	err := k.c.each(&m, func(p *place, v []float32) {
		for _, x := range v {
			binary.LittleEndian.PutUint32(data[4*p.next():], math.Float32bits(x))
		}
	})
	return weights.Tensor{Name: w.Name, DType: weights.F32, Shape: w.Shape, Data: data}, err
}

// reserve gives room for a tensor's elements of the given size.
func (k *caster) reserve(shape []int, size int) []byte {
	for _, d := range shape {
		size *= d
	}
	if cap(k.buf) < size {
		k.buf = nil // let it go before the next one is made
		k.buf = make([]byte, size)
	}
	return k.buf[:size]
}
