// Package checkpoint reads trained networks as their training libraries saved them and maps them to this project's
// network description and canonical weights. It is used by the converter, natively and in the page.
//
// So far: diffusers UNet2DModel folders (any age, subfolders or files at the root) with .safetensors weights, whole or sharded.
package checkpoint

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"math"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// Checkpoint is a trained network whose description is complete and whose tensors have the right names and shapes.
// Values are read when asked for.
type Checkpoint struct {
	Net     *unet.Network
	Process diffusion.Config
	// Layout names the form the checkpoint was in, for the pack's provenance.
	Layout string
	// Files are the weight files read, by name.
	Files []string
	// Notes are things a person should know: keys that were passed over, defaults that were taken.
	Notes []string

	files []*weights.File
	maps  map[string]mapping // by canonical name
	close []io.Closer
}

// mapping says which of the checkpoint's tensors make a canonical one.
type mapping struct {
	from  []string // joined along the output channels where there are several
	shape []int    // of each, as the checkpoint has it; output channels first
	order order
	out   []int // canonical shape
}

// order is how a source tensor is laid out.
type order int

const (
	vector    order = iota // [O]
	outFirst               // [O,I] or [O,I,kh,kw]
	tableRows              // [rows, width], kept as it is, float32
)

// Close closes the files.
func (c *Checkpoint) Close() {
	for _, f := range c.close {
		f.Close()
	}
}

// openWeights opens a .safetensors file of fsys.
func (c *Checkpoint) openWeights(fsys fs.FS, name string) error {
	f, err := fsys.Open(name)
	if err != nil {
		return errors.New(name + ": cannot be opened: " + err.Error())
	}
	c.close = append(c.close, f)
	info, err := f.Stat()
	if err != nil {
		return errors.New(name + ": " + err.Error())
	}
	r, ok := f.(io.ReaderAt)
	if !ok {
		return errors.New(name + ": the file system gives no random access")
	}
	w, err := weights.Open(r, info.Size(), name)
	if err != nil {
		return err
	}
	c.files, c.Files = append(c.files, w), append(c.Files, name)
	return nil
}

// lookup finds a source tensor in any of the files.
func (c *Checkpoint) lookup(name string) (*weights.File, *weights.Entry) {
	for _, f := range c.files {
		for i := range f.Entries {
			if f.Entries[i].Name == name {
				return f, &f.Entries[i]
			}
		}
	}
	return nil, nil
}

// check compares every mapping with the files and demands that nothing is missing, left over or of another shape.
func (c *Checkpoint) check() error {
	used := map[string]bool{}
	for _, m := range c.maps {
		for _, from := range m.from {
			used[from] = true
			f, e := c.lookup(from)
			switch {
			case e == nil:
				return &weights.Error{File: c.Files[0], Where: "tensor " + strconv.Quote(from), Problem: "is missing, expected shape " + weights.ShapeText(m.shape)}
			case weights.ShapeText(e.Shape) != weights.ShapeText(m.shape):
				return &weights.Error{File: f.Name(), Where: "tensor " + strconv.Quote(from), Problem: "has shape " + weights.ShapeText(e.Shape) + ", the configuration needs " + weights.ShapeText(m.shape)}
			case e.DType != weights.F32 && e.DType != weights.F16 && e.DType != weights.BF16:
				return &weights.Error{File: f.Name(), Where: "tensor " + strconv.Quote(from), Problem: "has element type " + string(e.DType) + ", expected F32, F16 or BF16"}
			}
		}
	}
	seen := map[string]bool{}
	for _, f := range c.files {
		for _, e := range f.Entries {
			if seen[e.Name] {
				return &weights.Error{File: f.Name(), Where: "tensor " + strconv.Quote(e.Name), Problem: "is in another file of the model as well: which one counts is not known"}
			}
			seen[e.Name] = true
			if !used[e.Name] {
				return &weights.Error{File: f.Name(), Where: "tensor " + strconv.Quote(e.Name), Problem: "belongs to no layer of the configured network: is config.json the right one?"}
			}
		}
	}
	return nil
}

// Values reads a canonical tensor as float32; a value that is not finite is an error.
func (c *Checkpoint) Values(name string) ([]float32, error) {
	m, ok := c.maps[name]
	if !ok {
		return nil, errors.New("tensor " + strconv.Quote(name) + " is not part of the network")
	}
	n := 1
	for _, d := range m.out {
		n *= d
	}
	out := make([]float32, n)
	for part, from := range m.from {
		f, _ := c.lookup(from)
		t, err := f.Tensor(from)
		if err != nil {
			return nil, err
		}
		v, err := t.Float32s()
		if err != nil {
			return nil, err
		}
		if err := finite(f.Name(), from, v); err != nil {
			return nil, err
		}
		m.place(out, v, part)
	}
	return out, nil
}

func finite(file, name string, v []float32) error {
	for i, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return &weights.Error{File: file, Where: "tensor " + strconv.Quote(name), Problem: "value " + strconv.Itoa(i) + " is not a finite number: the training diverged or the file is damaged"}
		}
	}
	return nil
}

// place writes one source tensor's values into the canonical tensor.
func (m *mapping) place(out, v []float32, part int) {
	if m.order != outFirst {
		copy(out[part*len(v):], v)
		return
	}
	o, i := m.shape[0], m.shape[1]
	taps, total := len(v)/(o*i), o*len(m.from)
	for at, x := range v {
		tap, ci, co := at%taps, at/taps%i, at/(taps*i)
		out[(tap*i+ci)*total+part*o+co] = x
	}
}

// Hash is the SHA-256 of all weight files' bytes, in order.
func (c *Checkpoint) Hash(fsys fs.FS) ([32]byte, error) {
	h := sha256.New()
	for _, name := range c.Files {
		f, err := fsys.Open(name)
		if err != nil {
			return [32]byte{}, err
		}
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			return [32]byte{}, err
		}
	}
	return [32]byte(h.Sum(nil)), nil
}
