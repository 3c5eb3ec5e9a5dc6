package picture

import (
	"slices"
	"testing"
)

func TestCheckBounds(t *testing.T) {
	for _, s := range [][2]int{{0, 1}, {1, 0}, {1 << 20, 1 << 20}, {-1, -1}} {
		if CheckBounds(s[0], s[1]) == nil {
			t.Errorf("%v is accepted", s)
		}
	}
	if err := CheckBounds(4000, 3000); err != nil {
		t.Error(err)
	}
}

// Colours are not multiplied by alpha: half-transparent black on white is grey.
func TestFromRGBA(t *testing.T) {
	got, err := Size{Channels: 3, Width: 2, Height: 1}.FromRGBA([]byte{0, 255, 7, 255, 0, 0, 0, 128}, 2, 1)
	if err != nil || !slices.Equal(got, []uint8{0, 127, 255, 127, 7, 127}) {
		t.Errorf("%v %v", got, err)
	}
	got, err = Size{Channels: 1, Width: 3, Height: 3, Margin: 1}.FromRGBA([]byte{255, 255, 255, 255}, 1, 1)
	if err != nil || !slices.Equal(got, []uint8{0, 0, 0, 0, 255, 0, 0, 0, 0}) {
		t.Errorf("%v %v", got, err)
	}
	for _, wh := range [][2]int{{2, 2}, {4, 1}, {1, 1}} {
		if _, err := (Size{Channels: 1, Width: 2, Height: 1}).FromRGBA(make([]byte, 8), wh[0], wh[1]); err == nil {
			t.Errorf("%v is accepted", wh)
		}
	}
}
