// Package picture turns pictures into what a model takes: levels v/127.5 - 1 in channels, rows, columns. It decodes and resizes
// nothing; package resize does.
package picture

import (
	"errors"
	"strconv"
	"strings"
)

// Size is what a model takes. A Margin of black surrounds the pictures that some models were trained on.
type Size struct {
	Channels, Width, Height int
	Margin                  int
}

// SizeFor is the size of a network's pictures. about is the pack's provenance "pictures": where it begins with "WxH pictures get",
// pictures of WxH in the middle get a black margin.
func SizeFor(channels, width, height int, about string) Size {
	s := Size{Channels: channels, Width: width, Height: height}
	text, _, ok := strings.Cut(about, " pictures get")
	w, h, cut := strings.Cut(text, "x")
	if !ok || !cut {
		return s
	}
	inner, err := strconv.Atoi(w)
	innerH, errH := strconv.Atoi(h)
	if err == nil && errH == nil && inner > 0 && width-inner == height-innerH && width > inner && (width-inner)%2 == 0 {
		s.Margin = (width - inner) / 2
	}
	return s
}

// Inner is the size inside the margin.
func (s Size) Inner() (width, height int) { return s.Width - 2*s.Margin, s.Height - 2*s.Margin }

// maxPixels bounds what is decoded: larger pictures are made for something else.
const maxPixels = 1 << 26

// CheckBounds refuses pictures that are empty or too large to be read.
func CheckBounds(width, height int) error {
	if width < 1 || height < 1 || int64(width)*int64(height) > maxPixels {
		return errors.New("a picture of " + sizeText(width, height) + " pixels cannot be used: 1 to " + strconv.Itoa(maxPixels) + " pixels can")
	}
	return nil
}

func sizeText(w, h int) string { return strconv.Itoa(w) + "x" + strconv.Itoa(h) }

// FromRGBA gives the levels, CHW, 0 to 255, of a picture of the model's size, or of the size inside the margin. rgba is
// 4 bytes a pixel, the colours not multiplied by alpha. Transparent parts become white; grey and colour are converted as the model needs.
func (s Size) FromRGBA(rgba []byte, width, height int) ([]uint8, error) {
	w, h := s.Inner()
	margin := s.Margin
	if width == s.Width && height == s.Height {
		w, h, margin = s.Width, s.Height, 0
	}
	if width != w || height != h || len(rgba) != 4*w*h {
		return nil, errors.New("the picture is " + sizeText(width, height) + " (" + strconv.Itoa(len(rgba)) + " bytes), the model takes " + sizeText(w, h) + ": crop and resize it")
	}
	n := s.Width * s.Height
	out := make([]uint8, s.Channels*n)
	for i := range w * h {
		p := rgba[4*i:][:4]
		var c [3]uint8
		for k := range c {
			c[k] = uint8((uint32(p[k])*uint32(p[3]) + 255*(255-uint32(p[3])) + 127) / 255)
		}
		at := (i/w+margin)*s.Width + i%w + margin
		if s.Channels == 1 {
			out[at] = grey(c)
			continue
		}
		out[at], out[n+at], out[2*n+at] = c[0], c[1], c[2]
	}
	return out, nil
}

// grey is 0.299 R + 0.587 G + 0.114 B, as image/color has it.
func grey(c [3]uint8) uint8 {
	r, g, b := uint32(c[0])*0x101, uint32(c[1])*0x101, uint32(c[2])*0x101
	return uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 24)
}

// Values are the levels as a model takes them, v/127.5 - 1.
func Values(levels []uint8) []float64 {
	out := make([]float64, len(levels))
	for i, v := range levels {
		out[i] = float64(v)/127.5 - 1
	}
	return out
}
