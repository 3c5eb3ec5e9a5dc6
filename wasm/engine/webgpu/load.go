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
	buf    webgpu.Resource
	wide   bool // float32
	direct bool // laid out as a texture for a shader without workgroup memory
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

func newLoader(p *program, src engine.Source) *loader {
	l := &loader{p: p, src: src, specs: map[string]unet.WeightSpec{}}
	for _, w := range p.plan.Weights {
		l.specs[w.Name] = w
	}
	return l
}

// outline notes how the weights will be laid out, before there are any: enough to compile the pipelines.
func (l *loader) outline() error {
	p, at := l.p, 0
	for i := range p.stages {
		s := &p.stages[i]
		m, size, err := l.outlined(s)
		if err != nil {
			return err
		}
		p.vectors, p.matrices = append(p.vectors, at), append(p.matrices, m)
		at += size
	}
	return nil
}

// outlined is a stage's matrix without its data, and the number of its values in the arena: scale and bias, or gain and bias.
func (l *loader) outlined(s *stage) (m matrix, arena int, err error) {
	switch {
	case s.Kernel == kernels.GroupNorm:
		return m, 2 * l.specs[s.Weight+".weight"].Shape[0], nil
	case s.Kernel == kernels.Attention:
		m.direct = l.p.directAttention(s)
		return m, 0, nil
	case rowBlock[s.Kernel] == 0:
		return m, 0, nil
	}
	for _, name := range s.parts {
		t, err := engine.TypeOf(l.src, name+".weight")
		if err != nil {
			return m, 0, err
		}
		m.wide = m.wide || t == weights.F32
	}
	m.direct = l.p.direct(s)
	return m, 2 * s.cout, nil
}

// load fills the matrices and the arena.
func (l *loader) load(ctx context.Context) error {
	p := l.p
	for i := range p.stages {
		if err := l.stage(&p.stages[i], &p.matrices[i]); err != nil {
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

// stage loads what one operation needs.
func (l *loader) stage(s *stage, m *matrix) error {
	switch {
	case s.Kernel == kernels.GroupNorm:
		return l.vectors(s.Weight+".weight", s.Weight+".bias")
	case rowBlock[s.Kernel] != 0:
		return l.matrix(s, m)
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
func (l *loader) matrix(s *stage, m *matrix) error {
	var parts []weights.Tensor
	var scales, biases []float32
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
	}
	l.arena = append(append(l.arena, scales...), biases...)
	if m.direct {
		return l.p.uploadTexels(s.Weight, m, parts)
	}
	data, err := packAny(parts, m.wide, rowMajor(rowBlock[s.Kernel]))
	if err != nil {
		return err
	}
	m.buf, err = l.p.upload(s.Weight, data)
	return err
}

// layout says where weights stand: rows counts input channels, columns output channels, both filled up with zeros to these multiples.
type layout struct {
	rows, columns int
	inner         bool // [rows][taps][columns] rather than [taps][rows][columns]
}

func rowMajor(block int) layout { return layout{rows: block, columns: 4} }

// packAny lays the parts' columns side by side, as float16 or, where any part is wide, as float32.
func packAny(parts []weights.Tensor, wide bool, l layout) ([]byte, error) {
	if !wide {
		halves := make([][]uint16, len(parts))
		for i, t := range parts {
			halves[i] = t.Halves()
		}
		return bytesOf(pack(parts, halves, l)), nil
	}
	floats := make([][]float32, len(parts))
	for i, t := range parts {
		var err error
		if floats[i], err = t.Float32s(); err != nil {
			return nil, err
		}
	}
	return bytesOf(pack(parts, floats, l)), nil
}

// pack turns [taps][cin][cout] of every part into a layout, the parts' columns side by side.
func pack[T word](parts []weights.Tensor, values [][]T, l layout) []T {
	cin, taps := rowsOf(parts[0].Shape)
	cout := 0
	for _, t := range parts {
		cout += t.Shape[len(t.Shape)-1]
	}
	rows, columns := ceilDiv(cin, l.rows)*l.rows, ceilDiv(cout, l.columns)*l.columns
	out := make([]T, taps*rows*columns)
	first := 0
	for i, t := range parts {
		width := t.Shape[len(t.Shape)-1]
		for row := range taps * cin {
			tap, c := row/cin, row%cin
			to := tap*rows + c
			if l.inner {
				to = c*taps + tap
			}
			copy(out[to*columns+first:][:width], values[i][row*width:])
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
