package main

import (
	"context"
	"fmt"
	"image"
	"image/draw"

	"unnoise/wasm/engine"
	"unnoise/wasm/sampler"
)

// rows is a picture of cells, row by row.
type rows struct {
	picture draw.Image
	shape   engine.Shape
}

func newRows(s engine.Shape, columns, n int) *rows {
	return &rows{newPicture(s.C, columns*s.W, n*s.H), s}
}

// put paints samples (NCHW) from a cell on, to the right.
func (r *rows) put(row, column int, values []float32) {
	size := r.shape.C * r.shape.H * r.shape.W
	for i := 0; i*size < len(values); i++ {
		paint(r.picture, image.Pt((column+i)*r.shape.W, row*r.shape.H), r.shape, values[i*size:][:size])
	}
}

// enlarged is the picture as it is shown, every pixel a square.
func (r *rows) enlarged() image.Image {
	s := strip{picture: r.picture, shape: r.shape}
	return s.enlarged()
}

// finishChain runs a chain to its end and reads the pictures; after is called at every step.
func (s *session) finishChain(ctx context.Context, cfg sampler.Config, after func()) ([]float32, error) {
	c, err := sampler.New(s.d, &s.Process, cfg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name(), err)
	}
	defer c.Release()
	for !c.Done() {
		if err := c.Step(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name(), err)
		}
		after()
	}
	x := make([]float32, c.X().Shape().Len())
	if err := c.X().Read(ctx, x); err != nil {
		return nil, err
	}
	if !finite(x) {
		return nil, fmt.Errorf("%s: a sample is not a number: the weights overflow float32 or are damaged", s.Name())
	}
	return x, nil
}

// chainSteps counts the steps of a chain, with repeats, before it runs.
func (s *session) chainSteps(cfg sampler.Config) (int, error) {
	c, err := sampler.New(s.d, &s.Process, cfg)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", s.Name(), err)
	}
	defer c.Release()
	return c.Steps(), nil
}

// values32 are levels as a model takes them.
func values32(levels []uint8) []float32 {
	out := make([]float32, len(levels))
	for i, v := range levels {
		out[i] = float32(float64(v)/127.5 - 1)
	}
	return out
}

// repeated is values n times.
func repeated(values []float32, n int) []float32 {
	var out []float32
	for range n {
		out = append(out, values...)
	}
	return out
}
