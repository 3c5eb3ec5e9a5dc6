package checkpoint

import (
	"context"
	"io"
	"strconv"

	"unnoise/wasm/model"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// Converted is a checkpoint whose tensors have been cast and written; probe and certificate can still be added. The pack
// is Header followed by the data.
type Converted struct {
	Plan *unet.Plan
	// Rounding says what float16 did to each matrix; empty for float32 packs.
	Rounding []model.Rounding

	c           *Checkpoint
	data        *weights.PackWriter
	provenance  model.Provenance
	probe       []model.ProbeCase
	certificate *model.Certificate
}

// Convert casts the tensors one after the other and writes the pack's data section to data. dtype is F16 or F32. It holds one tensor
// at a time.
func (c *Checkpoint) Convert(ctx context.Context, data io.Writer, dtype weights.DType, provenance model.Provenance) (*Converted, error) {
	plan, err := unet.Compile(c.Net)
	if err != nil {
		return nil, err
	}
	k := &Converted{Plan: plan, c: c, data: weights.NewPackWriter(data), provenance: provenance}
	cast := &caster{c: c}
	for _, w := range plan.Weights {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if w.Matrix && dtype == weights.F16 {
			err = k.matrix(cast, w)
		} else {
			err = k.floats(cast, w)
		}
		if err != nil {
			return nil, err
		}
	}
	if c.Net.Classes > 0 {
		return k, k.floats(cast, unet.WeightSpec{Name: "class.weight", Shape: []int{c.Net.Classes, c.Net.Time.Hidden}})
	}
	return k, nil
}

func (k *Converted) floats(cast *caster, w unet.WeightSpec) error {
	t, err := cast.floats(w)
	if err != nil {
		return err
	}
	return k.data.Add(t)
}

// matrix writes a matrix in float16 and its scales, and notes what is out of the ordinary.
func (k *Converted) matrix(cast *caster, w unet.WeightSpec) error {
	t, scale, r, err := cast.matrix(w)
	if err != nil {
		return err
	}
	k.Rounding = append(k.Rounding, r)
	switch {
	case r.Float32:
		k.note(w, "no power of two brings it into float16's range: kept in float32")
	case r.Overflow > 0:
		k.note(w, strconv.Itoa(r.Overflow)+" values are beyond float16's range: "+strconv.Itoa(r.Scaled)+" output channels are stored times a power of two, which engines undo exactly")
	}
	if err := k.data.Add(t); err != nil || scale == nil {
		return err
	}
	return k.data.Add(weights.FromFloat32s(w.Scales, []int{len(scale)}, scale))
}

func (k *Converted) note(w unet.WeightSpec, text string) {
	k.c.Notes = append(k.c.Notes, "tensor "+strconv.Quote(w.Name)+": "+text)
}

// Source reads the tensors written so far from the data, which r gives back.
func (k *Converted) Source(r io.ReaderAt) *weights.File { return k.data.File(r, "converted data") }

// Size is the number of bytes of the data.
func (k *Converted) Size() int64 { return k.data.Size() }

// AddProbe adds a case: input x and expected output eps, NCHW, of len(t) samples.
func (k *Converted) AddProbe(origin string, t []float64, labels []int, x, eps []float32) error {
	shape := []int{len(t), k.c.Net.InChannels, k.c.Net.Height, k.c.Net.Width}
	c, tensors := model.ProbeTensors(len(k.probe), origin, t, labels, shape, x, eps, k.c.Net.OutChannels)
	k.probe = append(k.probe, c)
	for _, t := range tensors {
		if err := k.data.Add(t); err != nil {
			return err
		}
	}
	return nil
}

// Certify stores the certificate.
func (k *Converted) Certify(c *model.Certificate) { k.certificate = c }

// Header is what stands before the data in the pack.
func (k *Converted) Header() []byte {
	return k.data.Header(model.WithCertificate(model.Metadata(k.c.Net, &k.c.Process, k.provenance, k.probe), k.certificate))
}
