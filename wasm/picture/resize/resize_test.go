package resize

import (
	"image"
	"image/color"
	"slices"
	"testing"

	"unnoise/wasm/picture"
)

// pattern is a picture with another colour at every pixel.
func pattern(w, h int) *image.NRGBA {
	p := image.NewNRGBA(image.Rect(3, 5, 3+w, 5+h))
	for i := range w * h {
		p.SetNRGBA(3+i%w, 5+i/w, color.NRGBA{uint8(i * 7), uint8(i * 3), uint8(255 - i), 255})
	}
	return p
}

// A picture of exactly the model's size is used untouched, whatever its origin.
func TestExactSize(t *testing.T) {
	p := pattern(4, 3)
	got := Prepare(picture.Size{Channels: 3, Width: 4, Height: 3}, p)
	for i := range 12 {
		c := p.NRGBAAt(3+i%4, 5+i/4)
		if got[i] != c.R || got[12+i] != c.G || got[24+i] != c.B {
			t.Fatalf("pixel %d is %d %d %d, want %v", i, got[i], got[12+i], got[24+i], c)
		}
	}
	grey := image.NewGray(image.Rect(0, 0, 2, 1))
	grey.Pix = []uint8{7, 201}
	if got := Prepare(picture.Size{Channels: 1, Width: 2, Height: 1}, grey); !slices.Equal(got, []uint8{7, 201}) {
		t.Errorf("grey: %v", got)
	}
	if got := Prepare(picture.Size{Channels: 3, Width: 2, Height: 1}, grey); !slices.Equal(got, []uint8{7, 201, 7, 201, 7, 201}) {
		t.Errorf("grey as colour: %v", got)
	}
	glass := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	if got := Prepare(picture.Size{Channels: 1, Width: 1, Height: 1}, glass); got[0] != 255 {
		t.Errorf("transparent: %v, want white", got)
	}
}

// Pictures of the size inside the margin are not resized.
func TestMargin(t *testing.T) {
	s := picture.SizeFor(1, 6, 6, "4x4 pictures get one black pixel on each side")
	if s.Margin != 1 {
		t.Fatalf("margin %d", s.Margin)
	}
	p := image.NewGray(image.Rect(0, 0, 4, 4))
	for i := range p.Pix {
		p.Pix[i] = uint8(100 + i)
	}
	got := Prepare(s, p)
	for i, v := range got {
		x, y := i%6-1, i/6-1
		want := uint8(0)
		if x >= 0 && x < 4 && y >= 0 && y < 4 {
			want = uint8(100 + y*4 + x)
		}
		if v != want {
			t.Fatalf("(%d,%d) is %d, want %d", x, y, v, want)
		}
	}
	for _, about := range []string{"", "cropped to a square", "axb pictures get", "3x4 pictures get", "8x8 pictures get", "5x5 pictures get"} {
		if s := picture.SizeFor(1, 6, 6, about); s.Margin != 0 {
			t.Errorf("%q gives a margin of %d", about, s.Margin)
		}
	}
}

// Others are cropped around the middle before they are resized: what lies outside does not count.
func TestCrop(t *testing.T) {
	for _, wide := range []bool{true, false} {
		size := image.Rect(0, 0, 40, 80)
		if wide {
			size = image.Rect(0, 0, 80, 40)
		}
		p := image.NewGray(size)
		for i := range p.Pix {
			x, y := i%p.Stride, i/p.Stride
			if wide && x >= 20 && x < 60 || !wide && y >= 20 && y < 60 {
				p.Pix[i] = 200
			}
		}
		for i, v := range Prepare(picture.Size{Channels: 1, Width: 10, Height: 10}, p) {
			if v != 200 {
				t.Errorf("wide %v: pixel %d is %d", wide, i, v)
			}
		}
	}
	for _, b := range []image.Rectangle{image.Rect(0, 0, 1, 100), image.Rect(0, 0, 100, 1), image.Rect(0, 0, 1, 1)} {
		if r := crop(b, 3, 2); r.Empty() || !r.In(b) {
			t.Errorf("crop of %v is %v", b, r)
		}
	}
}

func TestMask(t *testing.T) {
	s := picture.Size{Channels: 3, Width: 2, Height: 1}
	p := image.NewGray(image.Rect(0, 0, 2, 1))
	p.Pix = []uint8{0, 255}
	if m, err := Mask(s, p); err != nil || !slices.Equal(m, []float32{1, 0}) {
		t.Errorf("%v %v", m, err)
	}
	if _, err := Mask(s, image.NewGray(image.Rect(0, 0, 1, 2))); err == nil {
		t.Error("a mask of another size is accepted")
	}
}
