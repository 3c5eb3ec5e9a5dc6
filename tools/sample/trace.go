package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"unnoise/kernels"
	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/sampler"
	"unnoise/weights"
)

// maxRecord bounds the bytes of a replayed chain, which is held in memory.
const maxRecord = 4 << 30

// trace is the noise of a chain: x_T and, for chains that use it, z.
type trace struct {
	shape engine.Shape // of x_T
	steps int
	xT, z []float32
	// shared is z of shape [steps,C,H,W]: every sample has the same noise.
	shared bool
}

// readTrace reads and checks the noise for the chain. Errors name the file and the tensor.
func readTrace(in *weights.File, d *engine.Denoiser, moves []diffusion.Move) (*trace, error) {
	tr := &trace{steps: len(moves)}
	shape, xT, err := values(in, "x_T")
	if err != nil {
		return nil, err
	}
	one := d.InShape(1)
	if len(shape) != 4 || shape[0] < 1 || !slices.Equal(shape[1:], []int{one.C, one.H, one.W}) {
		return nil, wrong(in, "x_T", fmt.Sprintf("has shape %v, the network takes [B %d %d %d]", shape, one.C, one.H, one.W))
	}
	tr.shape, tr.xT = d.InShape(shape[0]), xT
	if bytes := 8 * int64(tr.steps) * int64(len(xT)); bytes > maxRecord {
		return nil, wrong(in, "x_T", fmt.Sprintf("asks for %d bytes of states, at most %d: replay fewer samples at a time", bytes, int64(maxRecord)))
	}
	return tr, tr.readNoise(in, moves)
}

func (tr *trace) readNoise(in *weights.File, moves []diffusion.Move) error {
	if !in.Has("z") && !slices.ContainsFunc(moves, func(m diffusion.Move) bool { return m.Noisy() }) {
		return nil
	}
	shape, z, err := values(in, "z")
	if err != nil {
		return err
	}
	s := tr.shape
	each, all := []int{tr.steps, s.N, s.C, s.H, s.W}, []int{tr.steps, s.C, s.H, s.W}
	if !slices.Equal(shape, each) && !slices.Equal(shape, all) {
		return wrong(in, "z", fmt.Sprintf("has shape %v, expected %v or %v", shape, each, all))
	}
	tr.z, tr.shared = z, len(shape) == 4
	return nil
}

// values reads a tensor of finite numbers.
func values(in *weights.File, name string) (shape []int, v []float32, err error) {
	t, err := in.Tensor(name)
	if err != nil {
		return nil, nil, err
	}
	if v, err = t.Float32s(); err != nil {
		return nil, nil, wrong(in, name, err.Error())
	}
	if !finite(v) {
		return nil, nil, wrong(in, name, "holds values that are not finite numbers")
	}
	return t.Shape, v, nil
}

func wrong(in *weights.File, tensor, problem string) error {
	return &weights.Error{File: in.Name(), Where: "tensor " + strconv.Quote(tensor), Problem: problem}
}

// from gives the noise of the samples from number first on, as a chain asks for it.
func (tr *trace) from(first int) func(k int, out []float32) {
	size := tr.shape.C * tr.shape.H * tr.shape.W
	return func(k int, out []float32) {
		switch {
		case k < 0:
			copy(out, tr.xT[first*size:])
		case tr.shared:
			for i := 0; i < len(out); i += size {
				copy(out[i:], tr.z[k*size:][:size])
			}
		default:
			copy(out, tr.z[(k*tr.shape.N+first)*size:])
		}
	}
}

// record is every state of a chain, little-endian as it is stored.
type record struct {
	shape engine.Shape
	steps int
	x, x0 []byte // float32 [steps,B,C,H,W]
	image []byte // [B,C,H,W]
}

func newRecord(tr *trace) *record {
	n := tr.shape.Len()
	return &record{tr.shape, tr.steps, make([]byte, 4*n*tr.steps), make([]byte, 4*n*tr.steps), make([]byte, n)}
}

// follow runs a chain of the samples from number first on and keeps its states; after is called at every step.
func (r *record) follow(ctx context.Context, c *sampler.Chain, first int, after func()) error {
	x := make([]float32, c.X().Shape().Len())
	at := first * r.shape.C * r.shape.H * r.shape.W
	for !c.Done() {
		row := c.Index()*r.shape.Len() + at
		if err := c.Step(ctx); err != nil {
			return err
		}
		if err := keep(ctx, r.x[4*row:], c.X(), x); err != nil {
			return fmt.Errorf("step %d: x: %w", c.Index()-1, err)
		}
		for i, v := range x {
			r.image[at+i] = kernels.Level(v)
		}
		if err := keep(ctx, r.x0[4*row:], c.X0(), x); err != nil {
			return fmt.Errorf("step %d: x0: %w", c.Index()-1, err)
		}
		after()
	}
	return nil
}

// keep copies a tensor's values, and refuses what is not a number; room holds them on the way.
func keep(ctx context.Context, to []byte, t engine.Tensor, room []float32) error {
	if err := t.Read(ctx, room); err != nil {
		return err
	}
	if !finite(room) {
		return errors.New("is not a finite number: the weights overflow float32 or are damaged")
	}
	for i, v := range room {
		binary.LittleEndian.PutUint32(to[4*i:], math.Float32bits(v))
	}
	return nil
}

// file is the record as a .safetensors file.
func (r *record) file(metadata map[string]string) []byte {
	s := r.shape
	states := []int{r.steps, s.N, s.C, s.H, s.W}
	var buf bytes.Buffer
	// A bytes.Buffer takes everything.
	_ = weights.Write(&buf, metadata, []weights.Tensor{
		{Name: "x", DType: weights.F32, Shape: states, Data: r.x},
		{Name: "x0", DType: weights.F32, Shape: states, Data: r.x0},
		{Name: "image", DType: weights.U8, Shape: []int{s.N, s.C, s.H, s.W}, Data: r.image},
	})
	return buf.Bytes()
}
