package checkpoint

import (
	"io"

	"unnoise/wasm/model"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// Converted is a checkpoint cast and described, ready to be written; the probe can still be added.
type Converted struct {
	c          *Checkpoint
	Plan       *unet.Plan
	tensors    []weights.Tensor
	provenance model.Provenance
	probe      []model.ProbeCase
	probes     []weights.Tensor
}

// Convert reads and casts all tensors. dtype is F16 or F32.
func (c *Checkpoint) Convert(dtype weights.DType, provenance model.Provenance) (*Converted, error) {
	plan, err := unet.Compile(c.Net)
	if err != nil {
		return nil, err
	}
	tensors, err := c.Tensors(plan, dtype)
	if err != nil {
		return nil, err
	}
	return &Converted{c: c, Plan: plan, tensors: tensors, provenance: provenance}, nil
}

// AddProbe adds a case: input x and expected output eps, NCHW, of len(t) samples.
func (k *Converted) AddProbe(origin string, t []float64, labels []int, x, eps []float32) {
	shape := []int{len(t), k.c.Net.InChannels, k.c.Net.Height, k.c.Net.Width}
	c, tensors := model.ProbeTensors(len(k.probe), origin, t, labels, shape, x, eps, k.c.Net.OutChannels)
	k.probe, k.probes = append(k.probe, c), append(k.probes, tensors...)
}

// Write writes the pack.
func (k *Converted) Write(w io.Writer) error {
	all := append(append([]weights.Tensor{}, k.tensors...), k.probes...)
	return weights.WritePack(w, model.Metadata(k.c.Net, &k.c.Process, k.provenance, k.probe), all)
}
