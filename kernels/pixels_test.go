package kernels

import (
	"math"
	"testing"
)

// Ties go to the even level: v/2 + 0.5 = k/255 + 0.5/255 exactly is rare in float32, so ties are looked for in the
// arithmetic that Level promises.
func TestLevel(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		v    float64
		want uint8
	}{
		{-1, 0}, {1, 255}, {-1.5, 0}, {7, 255}, {inf, 255}, {-inf, 0}, {math.NaN(), 0}, {3e38, 255}, {-3e38, 0},
		{0, 128},     // 127.5, to even
		{-0.2, 102},  // float32(-0.2)/2+0.5 is just under 0.4: 101.9999
		{0.5, 191},   // 191.25
		{-0.5, 64},   // 63.75
		{0.996, 254}, // 254.49
	} {
		if got := Level(float32(c.v)); got != c.want {
			t.Errorf("Level(%g) = %d, want %d", c.v, got, c.want)
		}
	}
}

// Ties at v = (2k+1)/255 - 1 are exact where 2k+1 is a multiple of 51*5 = 255; only 0 is. Around every other tie the
// level must change by one between neighbours.
func TestLevelIsMonotonic(t *testing.T) {
	last := Level(-1)
	for i := range 1 << 16 {
		v := float32(i)/(1<<15) - 1
		got := Level(v)
		if want := math.RoundToEven((float64(v)/2 + 0.5) * 255); float64(got) != want || got < last || int(got) > int(last)+1 {
			t.Fatalf("Level(%g) = %d behind %d, want %g", v, got, last, want)
		}
		last = got
	}
}

func TestPlainPixels(t *testing.T) {
	room := []uint8{9, 9, 9, 9, 9, 9, 9, 9, 77}
	PlainPixels(room[:8], []float32{-1, 0, 1, 1, 0, -1}, 3)
	if want := [9]uint8{0, 128, 255, 255, 255, 128, 0, 255, 77}; [9]uint8(room) != want {
		t.Errorf("RGB: %v, want %v", room, want)
	}
	PlainPixels(room[:8], []float32{-1, 0.5}, 1)
	if want := [9]uint8{0, 0, 0, 255, 191, 191, 191, 255, 77}; [9]uint8(room) != want {
		t.Errorf("grey: %v, want %v", room, want)
	}
}
