package codec

import (
	"math/rand/v2"
	"testing"
)

// streamOf codes random symbols of all three kinds.
func streamOf(seed uint64, n int) (data []byte, symbols []int, bits float64) {
	r := rand.New(rand.NewPCG(seed, 1))
	e, m := newEncoder(), &counts{[]uint32{9, 3, 1, 1}, 5}
	for i := range n {
		s := min(int(r.ExpFloat64()), 3)
		if i%7 == 6 {
			s = r.IntN(1 << 19)
			e.raw(uint32(s), 19)
		} else {
			m.encode(e, s)
		}
		symbols = append(symbols, s)
	}
	return e.finish(), symbols, e.bits()
}

// read decodes until the stream ends or a symbol is wrong.
func readStream(data []byte, whole bool, symbols []int) (right int, ended bool) {
	d, m := newDecoder(data, whole), &counts{[]uint32{9, 3, 1, 1}, 5}
	for i, want := range symbols {
		got := 0
		if i%7 == 6 {
			got = int(d.raw(19))
		} else {
			got = m.decode(d)
		}
		if d.past {
			return i, true
		}
		if got != want {
			return i, false
		}
	}
	return len(symbols), false
}

func TestRangeCoder(t *testing.T) {
	for seed := range uint64(300) {
		data, symbols, _ := streamOf(seed, int(seed)*3)
		if n, _ := readStream(data, true, symbols); n != len(symbols) {
			t.Fatalf("seed %d: symbol %d of %d is wrong", seed, n, len(symbols))
		}
	}
}

// A cut stream gives the right symbols up to its end, and nearly as many as its bytes hold.
func TestRangeCoderCut(t *testing.T) {
	data, symbols, _ := streamOf(7, 2000)
	last := 0
	for n := range len(data) {
		right, ended := readStream(data[:n], false, symbols)
		if !ended || right < last {
			t.Fatalf("%d bytes: %d symbols, ended %v", n, right, ended)
		}
		last = right
	}
	if last < len(symbols)-20 {
		t.Errorf("all but the last byte give %d of %d symbols", last, len(symbols))
	}
}
