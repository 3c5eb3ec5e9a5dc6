// Package saved is a chain's state as a file: a .safetensors file of the pack's form (weights/FORMAT.md), whose hashes find
// every damaged byte, with the chain's options as JSON under the metadata key "chain" and the tensors
//
//	x, x0                  the state and the last estimate of the picture, [count, channels, height, width]
//	history.0, ...         what a multistep sampler remembers, of the same shape
//	keep.picture, keep.mask  the picture of which a part is kept, [1 or count, channels, height, width], and where, [height, width]
//
// The noise is counter-based, so this is all that a chain needs to end in the same picture on the same engine.
package saved

import (
	"bytes"
	"errors"
	"strconv"

	"unnoise/wasm/engine"
	"unnoise/wasm/sampler"
	"unnoise/weights"
)

// Version is the newest version of the chain's description that is read here.
const Version = 1

const keyChain = "chain"

// Model is what a state belongs to.
type Model struct {
	ID   string       // weights.Pack.ID
	Name string       // for messages; may be empty
	One  engine.Shape // of one sample
}

// The errors of Read, wrapped: ErrForeign for what is no saved state or a damaged one, ErrVersion for one of a newer version,
// ErrModel for one of another model.
var (
	ErrForeign = errors.New("is no saved chain")
	ErrVersion = errors.New("was saved by a newer version of this program: reload or update it")
	ErrModel   = errors.New("belongs to another model")
)

// problem is an error that says what was read and what was wrong with it.
type problem struct {
	kind error
	text string
}

func (p *problem) Error() string { return "the saved chain " + p.text }
func (p *problem) Unwrap() error { return p.kind }

func broken(text string) error { return &problem{ErrForeign, text} }

// Write makes the file of a state of a model's chain. A chain whose noise is given from outside cannot be saved.
func Write(m Model, s *sampler.State) ([]byte, error) {
	if s.Config.Trace != nil {
		return nil, errors.New("a chain whose noise was given cannot be saved")
	}
	shape := []int{s.Config.Count, m.One.C, m.One.H, m.One.W}
	tensors := []weights.Tensor{weights.FromFloat32s("x", shape, s.X), weights.FromFloat32s("x0", shape, s.X0)}
	for i, h := range s.Histories {
		tensors = append(tensors, weights.FromFloat32s(historyName(i), shape, h))
	}
	if p := s.Config.Paint; p != nil {
		pictures := []int{len(p.Picture) / m.One.Len(), m.One.C, m.One.H, m.One.W}
		tensors = append(tensors, weights.FromFloat32s("keep.picture", pictures, p.Picture), weights.FromFloat32s("keep.mask", shape[2:], p.Mask))
	}
	var b bytes.Buffer
	err := weights.WritePack(&b, map[string]string{keyChain: describe(m, s)}, tensors)
	return b.Bytes(), err
}

func historyName(i int) string { return "history." + strconv.Itoa(i) }

// Read reads a state of a model's chain. Whether the options fit together is for sampler.Resume to say.
func Read(data []byte, m Model) (*sampler.State, error) {
	pack, err := weights.OpenPack(weights.Bytes(data), int64(len(data)), "the saved chain")
	if err == nil {
		err = pack.Verify()
	}
	if err != nil {
		return nil, broken("cannot be read: " + reason(err) + ". Save the chain again")
	}
	text, ok := pack.Metadata[keyChain]
	if !ok {
		return nil, broken("holds no chain: it is a model or another file. Choose a file that was saved from a chain")
	}
	s, err := understand(text, m)
	if err != nil {
		return nil, err
	}
	return s, fill(s, pack.File, m.One)
}

// reason is an error of a file without its name, which the message begins with.
func reason(err error) string {
	e, ok := errors.AsType[*weights.Error](err)
	if !ok {
		return err.Error()
	}
	if e.Where == "" {
		return e.Problem
	}
	return e.Where + ": " + e.Problem
}

// fill reads the tensors and demands the shapes that count and model tell.
func fill(s *sampler.State, f *weights.File, one engine.Shape) (err error) {
	shape := []int{s.Config.Count, one.C, one.H, one.W}
	if s.X, err = tensor(f, "x", shape); err != nil {
		return err
	}
	if s.X0, err = tensor(f, "x0", shape); err != nil {
		return err
	}
	for i := range s.Histories {
		if s.Histories[i], err = tensor(f, historyName(i), shape); err != nil {
			return err
		}
	}
	if s.Config.Depth > 0 || s.Config.Begin != nil {
		s.Config.Begin = s.X // the beginning itself is past: only that there was one counts
	}
	p := s.Config.Paint
	if p == nil {
		return nil
	}
	if p.Mask, err = tensor(f, "keep.mask", shape[2:]); err != nil {
		return err
	}
	if p.Picture, err = tensor(f, "keep.picture", []int{1, one.C, one.H, one.W}); err != nil {
		p.Picture, err = tensor(f, "keep.picture", shape)
	}
	return err
}

func tensor(f *weights.File, name string, shape []int) ([]float32, error) {
	t, err := f.Tensor(name)
	if err != nil {
		return nil, broken("lacks tensor " + strconv.Quote(name))
	}
	if t.DType != weights.F32 || weights.ShapeText(t.Shape) != weights.ShapeText(shape) {
		return nil, broken("has tensor " + strconv.Quote(name) + " of " + string(t.DType) + " " + weights.ShapeText(t.Shape) + ", expected F32 " + weights.ShapeText(shape))
	}
	values, err := t.Float32s()
	if err != nil {
		return nil, broken("has tensor " + strconv.Quote(name) + ", which cannot be read: " + err.Error())
	}
	for _, v := range values {
		if !(v-v == 0) {
			return nil, broken("has tensor " + strconv.Quote(name) + " with values that are not numbers")
		}
	}
	return values, nil
}
