package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"

	"golang.org/x/image/draw"

	"unnoise/kernels"
	"unnoise/wasm/engine"
)

// newPicture is a black picture: grey for 1 channel, else RGB (opaque, so that PNG stores no alpha).
func newPicture(channels, width, height int) draw.Image {
	r := image.Rect(0, 0, width, height)
	if channels == 1 {
		return image.NewGray(r)
	}
	p := image.NewRGBA(r)
	for i := 3; i < len(p.Pix); i += 4 {
		p.Pix[i] = 255
	}
	return p
}

// paint puts one sample (CHW, values in [-1,1]) at a place of the picture.
func paint(p draw.Image, at image.Point, s engine.Shape, values []float32) {
	size := s.H * s.W
	for i := range size {
		first, middle, last := values[i], values[s.C/2*size+i], values[(s.C-1)*size+i]
		p.Set(at.X+i%s.W, at.Y+i/s.W, color.RGBA{kernels.Level(first), kernels.Level(middle), kernels.Level(last), 255})
	}
}

// columns of a grid of n samples: as square as can be, wider than high.
func columns(n int) int { return int(math.Ceil(math.Sqrt(float64(n)))) }

// newGrid is the black picture that n samples of shape s fill row by row, without borders.
func newGrid(s engine.Shape, n int) draw.Image {
	c := columns(n)
	return newPicture(s.C, c*s.W, (n+c-1)/c*s.H)
}

// cell is the place of sample i of n.
func cell(s engine.Shape, n, i int) image.Point {
	return image.Pt(i%columns(n)*s.W, i/columns(n)*s.H)
}

// Limits and scale of a film strip.
const (
	stripFrames  = 12
	stripSamples = 4
	stripScale   = 2
)

// strip is a chain as pictures: for each of the first samples a row of x_t above a row of the estimates of x_0, from
// left to right as the chain goes.
type strip struct {
	picture draw.Image
	shape   engine.Shape
	samples int
	marks   []int // steps done at each column, the last of the chain included
}

// newStrip plans the strip of n samples and a chain of the given number of steps.
func newStrip(s engine.Shape, n, steps int) *strip {
	st := &strip{shape: s, samples: min(n, stripSamples)}
	frames := min(steps, stripFrames)
	for i := range frames {
		st.marks = append(st.marks, (i+1)*steps/frames)
	}
	st.picture = newPicture(s.C, frames*s.W, 2*st.samples*s.H)
	return st
}

// column is the place of the state after the given number of steps, -1 where it is not shown.
func (st *strip) column(done int) int {
	for i, mark := range st.marks {
		if mark == done {
			return i
		}
	}
	return -1
}

// add draws samples from number first on, NCHW, in a column.
func (st *strip) add(column, first int, x, x0 []float32) {
	size := st.shape.C * st.shape.H * st.shape.W
	for i := first; i < st.samples && (i-first)*size < len(x); i++ {
		at := image.Pt(column*st.shape.W, 2*i*st.shape.H)
		paint(st.picture, at, st.shape, x[(i-first)*size:][:size])
		paint(st.picture, at.Add(image.Pt(0, st.shape.H)), st.shape, x0[(i-first)*size:][:size])
	}
}

// enlarged is the strip as it is shown: every pixel a square.
func (st *strip) enlarged() image.Image {
	from := st.picture.Bounds()
	to := newPicture(st.shape.C, stripScale*from.Dx(), stripScale*from.Dy())
	draw.NearestNeighbor.Scale(to, to.Bounds(), st.picture, from, draw.Src, nil)
	return to
}

func encode(p image.Image) ([]byte, error) {
	var buf bytes.Buffer
	err := png.Encode(&buf, p)
	return buf.Bytes(), err
}
