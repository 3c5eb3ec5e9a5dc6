package kernels

import (
	"math"
	"testing"
)

// halfValue is a finite float16's value from its three fields.
func halfValue(bits uint16) float64 {
	exp, frac := int(bits>>10&31), float64(bits&0x3ff)
	v := math.Ldexp(frac, -24)
	if exp > 0 {
		v = math.Ldexp(1024+frac, exp-25)
	}
	return math.Copysign(v, 1-float64(bits>>15)*2)
}

// finiteHalves are all 63488 of them.
func finiteHalves() []uint16 {
	var all []uint16
	for b := range 1 << 16 {
		if b>>10&31 != 31 {
			all = append(all, uint16(b))
		}
	}
	return all
}

func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

func TestHalfToFloat(t *testing.T) {
	for _, b := range finiteHalves() {
		if got, want := HalfToFloat(b), float32(halfValue(b)); !sameBits(got, want) {
			t.Fatalf("%#04x is %g, want %g", b, got, want)
		}
		if back := FloatToHalf(HalfToFloat(b)); back != b {
			t.Fatalf("%#04x came back as %#04x", b, back)
		}
	}
}

// Widening is exact for every finite half, in every lane and in the scalar end, both zeros and subnormals included.
func TestWiden(t *testing.T) {
	all := finiteHalves()
	if len(all) != 63488 {
		t.Fatalf("%d finite halves", len(all))
	}
	for _, widen := range []func([]float32, []uint16){widen, widenScalar} {
		for start := range 9 {
			in := all[start:]
			room := guarded(len(in))
			widen(room[guardWidth:][:len(in)], in)
			for i, got := range unguarded(t, room, len(in)) {
				if !sameBits(got, float32(halfValue(in[i]))) {
					t.Fatalf("%#04x widens to %g, want %g", in[i], got, halfValue(in[i]))
				}
			}
		}
	}
}

// Between two neighbours the nearer is taken, and the even one in the middle.
func TestFloatToHalfRounds(t *testing.T) {
	for b := uint16(0); b < 0x7bff; b++ {
		lo, hi := HalfToFloat(b), HalfToFloat(b+1)
		mid, even := (lo+hi)/2, b+b&1 // exact: 12 bits
		for _, c := range []struct {
			v    float32
			want uint16
		}{{mid, even}, {math.Nextafter32(mid, 0), b}, {math.Nextafter32(mid, hi), b + 1}} {
			if got := FloatToHalf(c.v); got != c.want {
				t.Fatalf("%g becomes %#04x, want %#04x", c.v, got, c.want)
			}
			if got := FloatToHalf(-c.v); got != c.want|0x8000 {
				t.Fatalf("%g becomes %#04x, want %#04x", -c.v, got, c.want|0x8000)
			}
		}
	}
	if got := FloatToHalf(65519.996); got != 0x7bff {
		t.Errorf("65519.996 becomes %#04x, want the largest half", got)
	}
	if got := FloatToHalf(65520); got != 0x7c00 {
		t.Errorf("65520 becomes %#04x, want infinity", got)
	}
}
