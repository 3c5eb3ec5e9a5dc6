// Package checkpoint reads trained networks as their training programs saved them and maps them to this project's
// network description and canonical weights. It is used by the converter, natively and in the page.
//
// Layouts: diffusers UNet2DModel folders of any age; Ho et al.'s network as ported to PyTorch; OpenAI's improved-diffusion and
// guided-diffusion. Files: .safetensors, whole or sharded, and what torch.save wrote (package pickle). What shapes can tell is inferred and
// compared with what a configuration claims; what they cannot tell must be given.
package checkpoint

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
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
	// Weights says which of the weights were taken: "ema", "raw", or that the file does not tell.
	Weights string
	// Settings says where the hyper-parameters came from that tensors do not tell: a file's name or a preset; "" for none.
	Settings string
	// Files are the weight files read, by name.
	Files []string
	// Notes are things a person should know: keys that were passed over, defaults that were taken, weights that were scaled.
	Notes []string

	tensors []*stored
	byName  map[string]*stored
	kind    string             // "ema", "raw" or "" where the files do not tell
	maps    map[string]mapping // by canonical name
	close   []io.Closer
}

// stored is a tensor of a file: r gives its row-major bytes.
type stored struct {
	file, name string
	dtype      weights.DType
	shape      []int
	r          io.ReaderAt
}

// mapping says which of the checkpoint's tensors make a canonical one.
type mapping struct {
	from  []string // joined along the output channels where there are several
	shape []int    // of each, as the checkpoint has it; output channels first
	order order
	out   []int // canonical shape
	// rows, where not nil, gives the canonical output channel of each of the source's.
	rows []int
}

// order is how a source tensor is laid out.
type order int

const (
	vector    order = iota // [O]
	outFirst               // [O,I], [O,I,1] or [O,I,kh,kw]
	tableRows              // [rows, width], kept as it is, float32
)

// Close closes the files.
func (c *Checkpoint) Close() {
	for _, f := range c.close {
		f.Close()
	}
}

// add enters a tensor; two of one name are an error.
func (c *Checkpoint) add(t *stored) error {
	if c.byName == nil {
		c.byName = map[string]*stored{}
	}
	if c.byName[t.name] != nil {
		return t.fail("is in another file of the model as well: which one counts is not known")
	}
	c.tensors, c.byName[t.name] = append(c.tensors, t), t
	return nil
}

func (t *stored) fail(problem string) error {
	return &weights.Error{File: t.file, Where: "tensor " + strconv.Quote(t.name), Problem: problem}
}

// has says whether the files hold a tensor.
func (c *Checkpoint) has(name string) bool { return c.byName[name] != nil }

// shape is a tensor's shape, nil where it is missing.
func (c *Checkpoint) shape(name string) []int {
	if t := c.byName[name]; t != nil {
		return t.shape
	}
	return nil
}

// dim is one size of a tensor, 0 where there is none.
func (c *Checkpoint) dim(name string, i int) int {
	if s := c.shape(name); i < len(s) {
		return s[i]
	}
	return 0
}

// check compares every mapping with the files and demands that nothing is missing, left over or of another shape.
func (c *Checkpoint) check() error {
	used := map[string]bool{}
	for _, m := range c.maps {
		for _, from := range m.from {
			used[from] = true
			if err := c.checkTensor(from, m.shape); err != nil {
				return err
			}
		}
	}
	for _, t := range c.tensors {
		if !used[t.name] {
			return t.fail("belongs to no layer of the configured network: is the configuration (config.json, flags) the right one?")
		}
	}
	return nil
}

func (c *Checkpoint) checkTensor(name string, shape []int) error {
	t := c.byName[name]
	switch {
	case t == nil:
		return &weights.Error{File: c.Files[0], Where: "tensor " + strconv.Quote(name), Problem: "is missing, expected shape " + weights.ShapeText(shape)}
	case weights.ShapeText(t.shape) != weights.ShapeText(shape):
		return t.fail("has shape " + weights.ShapeText(t.shape) + ", the configuration needs " + weights.ShapeText(shape))
	case t.dtype != weights.F32 && t.dtype != weights.F16 && t.dtype != weights.BF16:
		return t.fail("has element type " + string(t.dtype) + ", expected F32, F16 or BF16")
	}
	return nil
}

// Hash is the SHA-256 of all weight files' bytes, in order.
func (c *Checkpoint) Hash(fsys fs.FS) ([32]byte, error) {
	h := sha256.New()
	for _, name := range c.Files {
		f, err := fsys.Open(name)
		if err != nil {
			return [32]byte{}, errors.New(name + ": cannot be opened: " + err.Error())
		}
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			return [32]byte{}, errors.New(name + ": cannot be read: " + err.Error())
		}
	}
	return [32]byte(h.Sum(nil)), nil
}
