// Package resize brings decoded pictures to a model's size, the same way everywhere.
package resize

import (
	"errors"
	"image"
	"image/color"
	"strconv"

	"golang.org/x/image/draw"

	"unnoise/wasm/picture"
)

// Prepare gives the levels of a picture, CHW, 0 to 255. A picture of exactly the model's size is used as it is, one of the size inside the
// margin gets the margin; others are cropped to the shape around their middle and resized (Catmull-Rom).
func Prepare(s picture.Size, p image.Image) []uint8 {
	flat := flatten(p)
	w, h := s.Inner()
	if b := flat.Bounds(); (b.Dx() != s.Width || b.Dy() != s.Height) && (b.Dx() != w || b.Dy() != h) {
		small := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.CatmullRom.Scale(small, small.Bounds(), flat, crop(b, w, h), draw.Src, nil)
		flat = small
	}
	levels, err := s.FromRGBA(flat.Pix, flat.Rect.Dx(), flat.Rect.Dy())
	if err != nil {
		panic(err) // the size was made to fit
	}
	return levels
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
	high := min(max(b.Dx()*h/w, 1), b.Dy())
	return image.Rect(0, 0, b.Dx(), high).Add(image.Pt(0, (b.Dy()-high)/2))
}

// Mask reads a mask of exactly the model's size: 1 where it is black, which is kept, 0 where it is white, which is drawn, and between them
// what is between.
func Mask(s picture.Size, p image.Image) ([]float32, error) {
	b := p.Bounds()
	if b.Dx() != s.Width || b.Dy() != s.Height {
		return nil, errors.New("is " + strconv.Itoa(b.Dx()) + "x" + strconv.Itoa(b.Dy()) + ", the model's pictures are " + strconv.Itoa(s.Width) + "x" + strconv.Itoa(s.Height))
	}
	flat := flatten(p)
	out := make([]float32, s.Width*s.Height)
	for i := range out {
		grey := color.GrayModel.Convert(flat.At(i%s.Width, i/s.Width)).(color.Gray)
		out[i] = 1 - float32(grey.Y)/255
	}
	return out, nil
}
