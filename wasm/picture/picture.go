// Package picture turns pictures into what a model takes: levels v/127.5 - 1 in channels, rows, columns, the same way everywhere.
package picture

import (
	"errors"
	"image"
	"image/color"
	"strconv"
	"strings"

	"golang.org/x/image/draw"
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

// maxPixels bounds what is decoded: larger pictures are made for something else.
const maxPixels = 1 << 26

// CheckBounds refuses pictures that are empty or too large to be read.
func CheckBounds(width, height int) error {
	if width < 1 || height < 1 || int64(width)*int64(height) > maxPixels {
		return errors.New("a picture of " + strconv.Itoa(width) + "x" + strconv.Itoa(height) + " pixels cannot be used: 1 to " + strconv.Itoa(maxPixels) + " pixels can")
	}
	return nil
}

// Prepare gives the levels of a picture, CHW, 0 to 255. A picture of exactly the model's size is used as it is, one of the size inside the
// margin gets the margin; others are cropped to the shape around their middle and resized (Catmull-Rom). Transparent parts become
// white; grey and colour are converted as the model needs.
func (s Size) Prepare(p image.Image) []uint8 {
	b := p.Bounds()
	if b.Dx() == s.Width && b.Dy() == s.Height {
		return s.levels(flatten(p))
	}
	w, h := s.Width-2*s.Margin, s.Height-2*s.Margin
	inner := flatten(p)
	if b.Dx() != w || b.Dy() != h {
		small := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.CatmullRom.Scale(small, small.Bounds(), inner, crop(inner.Bounds(), w, h), draw.Src, nil)
		inner = small
	}
	whole := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	draw.Draw(whole, whole.Bounds(), image.NewUniform(color.Black), image.Point{}, draw.Src)
	draw.Draw(whole, image.Rect(s.Margin, s.Margin, s.Margin+w, s.Margin+h), inner, image.Point{}, draw.Src)
	return s.levels(whole)
}

// flatten puts a picture on white.
func flatten(p image.Image) *image.RGBA {
	b := p.Bounds()
	flat := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(flat, flat.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(flat, flat.Bounds(), p, b.Min, draw.Over)
	return flat
}

// crop is the largest part of b around its middle with the shape w:h.
func crop(b image.Rectangle, w, h int) image.Rectangle {
	if wide := b.Dy() * w / h; wide < b.Dx() {
		wide = max(wide, 1)
		return image.Rect(0, 0, wide, b.Dy()).Add(image.Pt((b.Dx()-wide)/2, 0))
	}
	high := max(b.Dx()*h/w, 1)
	return image.Rect(0, 0, b.Dx(), min(high, b.Dy())).Add(image.Pt(0, (b.Dy()-min(high, b.Dy()))/2))
}

// levels reads an opaque picture of the model's size.
func (s Size) levels(p *image.RGBA) []uint8 {
	n := s.Width * s.Height
	out := make([]uint8, s.Channels*n)
	for i := range n {
		c := p.RGBAAt(i%s.Width, i/s.Width)
		if s.Channels == 1 {
			out[i] = color.GrayModel.Convert(c).(color.Gray).Y
			continue
		}
		out[i], out[n+i], out[2*n+i] = c.R, c.G, c.B
	}
	return out
}

// Values are the levels as a model takes them, v/127.5 - 1.
func Values(levels []uint8) []float64 {
	out := make([]float64, len(levels))
	for i, v := range levels {
		out[i] = float64(v)/127.5 - 1
	}
	return out
}

// Mask reads a mask of exactly the model's size: 1 where it is black or transparent, which is kept, and 0 where it is white, which is drawn; between them
// what is between.
func (s Size) Mask(p image.Image) ([]float32, error) {
	b := p.Bounds()
	if b.Dx() != s.Width || b.Dy() != s.Height {
		return nil, errors.New("is " + strconv.Itoa(b.Dx()) + "x" + strconv.Itoa(b.Dy()) + ", the model's pictures are " + strconv.Itoa(s.Width) + "x" + strconv.Itoa(s.Height))
	}
	out := make([]float32, s.Width*s.Height)
	for i := range out {
		grey := color.GrayModel.Convert(p.At(b.Min.X+i%s.Width, b.Min.Y+i/s.Width)).(color.Gray)
		out[i] = 1 - float32(grey.Y)/255
	}
	return out, nil
}
