//go:build js && wasm

package webgpu

import (
	"context"

	"unnoise/kernels"
	"unnoise/wasm/engine"
	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// matrix is the weights of a stage on the GPU.
type matrix struct {
	buf  *webgpu.Buffer
	wide bool // float32
}

// rowBlock is the number of input channels a shader takes at once: the rows of the weights are filled up with zeros to
// a multiple of it.
var rowBlock = map[kernels.Kernel]int{kernels.Linear: 1, kernels.Conv1x1: 16, kernels.Conv3x3: 4}

// loader brings the weights of a plan to the GPU.
type loader struct {
	p     *program
	src   engine.Source
	specs map[string]unet.WeightSpec
	arena []float32
}

// load fills p.matrices, p.vectors and the arena.
func (p *program) load(ctx context.Context, src engine.Source) error {
	l := loader{p: p, src: src, specs: map[string]unet.WeightSpec{}}
	for _, w := range p.plan.Weights {
		l.specs[w.Name] = w
	}
	for i := range p.stages {
		if err := l.stage(&p.stages[i]); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	var err error
	p.arena, err = p.upload("vectors", bytesOf(append(l.arena, 0)))
	return err
}

// stage loads what one operation needs. Its vectors stand in the arena: scale and bias, or gain and bias.
func (l *loader) stage(s *stage) error {
	p := l.p
	p.vectors = append(p.vectors, len(l.arena))
	p.matrices = append(p.matrices, matrix{})
	switch {
	case s.Kernel == kernels.GroupNorm:
		return l.vectors(s.Weight+".weight", s.Weight+".bias")
	case rowBlock[s.Kernel] != 0:
		return l.matrix(s)
	}
	return nil
}

func (l *loader) vectors(names ...string) error {
	for _, name := range names {
		v, err := engine.FetchVector(l.src, l.specs[name])
		if err != nil {
			return err
		}
		l.arena = append(l.arena, v...)
	}
	return nil
}

// matrix packs the weights of all parts into one buffer.
func (l *loader) matrix(s *stage) error {
	var parts []weights.Tensor
	var scales, biases []float32
	wide := false
	for _, name := range s.parts {
		w := l.specs[name+".weight"]
		t, scale, err := engine.FetchMatrix(l.src, w)
		if err != nil {
			return err
		}
		bias, err := engine.FetchVector(l.src, l.specs[name+".bias"])
		if err != nil {
			return err
		}
		for i := range bias {
			if scale == nil {
				scales = append(scales, 1)
			} else {
				scales = append(scales, scale[i])
			}
		}
		parts, biases = append(parts, t), append(biases, bias...)
		wide = wide || t.DType == weights.F32
	}
	l.arena = append(append(l.arena, scales...), biases...)
	data, err := packAny(parts, rowBlock[s.Kernel], wide)
	if err != nil {
		return err
	}
	buf, err := l.p.upload(s.Weight, data)
	l.p.matrices[len(l.p.matrices)-1] = matrix{buf, wide}
	return err
}

// packAny lays the parts' columns side by side, as float16 or, where any part is wide, as float32.
func packAny(parts []weights.Tensor, block int, wide bool) ([]byte, error) {
	if !wide {
		halves := make([][]uint16, len(parts))
		for i, t := range parts {
			halves[i] = t.Halves()
		}
		return bytesOf(pack(parts, halves, block)), nil
	}
	floats := make([][]float32, len(parts))
	for i, t := range parts {
		var err error
		if floats[i], err = t.Float32s(); err != nil {
			return nil, err
		}
	}
	return bytesOf(pack(parts, floats, block)), nil
}

// pack turns [taps][cin][cout] of every part into [taps][rows][columns] of all: columns are the parts' side by side,
// filled up to a multiple of 4, and rows are cin filled up to a multiple of block, with zeros.
func pack[T word](parts []weights.Tensor, values [][]T, block int) []T {
	cin, taps := rowsOf(parts[0].Shape)
	cout := 0
	for _, t := range parts {
		cout += t.Shape[len(t.Shape)-1]
	}
	rows, columns := ceilDiv(cin, block)*block, ceilDiv(cout, 4)*4
	out := make([]T, taps*rows*columns)
	first := 0
	for i, t := range parts {
		width := t.Shape[len(t.Shape)-1]
		for row := range taps * cin {
			to := (row/cin*rows + row%cin) * columns
			copy(out[to+first:][:width], values[i][row*width:])
		}
		first += width
	}
	return out
}

// rowsOf is the number of input channels and of taps of a canonical shape, [cin][cout] or [kh][kw][cin][cout].
func rowsOf(shape []int) (cin, taps int) {
	cin, taps = shape[len(shape)-2], 1
	for _, d := range shape[:len(shape)-2] {
		taps *= d
	}
	return cin, taps
}

// upload makes a buffer that lives as long as the program.
func (p *program) upload(label string, data []byte) (*webgpu.Buffer, error) {
	if err := checkSize(label, len(data)/4); err != nil {
		return nil, err
	}
	buf, err := p.e.dev.NewBuffer(label, len(data), webgpu.Storage|webgpu.CopyDst)
	if err != nil {
		return nil, err
	}
	p.weights = append(p.weights, buf)
	return buf, p.e.dev.Write(buf, 0, data)
}
