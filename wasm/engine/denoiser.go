package engine

import (
	"context"
	"errors"
	"math"
	"strconv"

	"unnoise/kernels"
	"unnoise/wasm/unet"
)

// Denoiser is a network ready to run on an engine: it turns timesteps and labels into the vectors the plan reads.
type Denoiser struct {
	Engine  Engine
	Net     *unet.Network
	program Program
	f       Func      // computes instead of the program, where not nil
	table   []float32 // class rows [Classes][Hidden]
	batch   int
	vectors []Tensor // sinusoid and, for class models, the class rows of the batch
	null    Tensor   // class rows of the null label, for DenoiseBoth
	values  []float32
	runs    [2]Run // inputs: x and the vectors
}

// Func computes a network's output for a batch as Denoise does.
type Func func(ctx context.Context, out, x Tensor, t []float64, labels []int) error

// FuncDenoiser is a Denoiser that computes with f, such as a closed form; of net it reads the shapes.
func FuncDenoiser(e Engine, net *unet.Network, f Func) *Denoiser {
	return &Denoiser{Engine: e, Net: net, f: f}
}

// NewDenoiser loads the plan of net with weights from src.
func NewDenoiser(ctx context.Context, e Engine, net *unet.Network, plan *unet.Plan, src Source) (*Denoiser, error) {
	d := &Denoiser{Engine: e, Net: net}
	if net.Classes > 0 {
		table, err := FetchVector(src, unet.WeightSpec{Name: "class.weight", Shape: []int{net.Classes, net.Time.Hidden}})
		if err != nil {
			return nil, err
		}
		d.table = table
	}
	program, err := e.Load(ctx, plan, src)
	if err != nil {
		return nil, err
	}
	d.program = program
	return d, nil
}

// Program is the loaded plan; nil for a closed form.
func (d *Denoiser) Program() Program { return d.program }

// InShape and OutShape are the network's tensors for a batch of n.
func (d *Denoiser) InShape(n int) Shape { return Shape{n, d.Net.InChannels, d.Net.Height, d.Net.Width} }

// OutShape is the shape of the network's output for a batch of n.
func (d *Denoiser) OutShape(n int) Shape {
	return Shape{n, d.Net.OutChannels, d.Net.Height, d.Net.Width}
}

// Denoise computes out = network(x, t, labels): t has one entry a sample; labels too, or is nil for the null label.
func (d *Denoiser) Denoise(ctx context.Context, out, x Tensor, t []float64, labels []int) error {
	if d.f != nil {
		return d.f(ctx, out, x, t, labels)
	}
	inputs, err := d.inputs(x, t, labels)
	if err != nil {
		return err
	}
	d.runs[0].Outputs = append(d.runs[0].Outputs[:0], out)
	return d.program.Run(ctx, d.runs[0].Outputs, inputs)
}

// DenoiseBoth is Denoise with labels and, to null, with the null label of a model with classes: the two that guidance asks for. A program
// that can do both at once does.
func (d *Denoiser) DenoiseBoth(ctx context.Context, out, null, x Tensor, t []float64, labels []int) error {
	pairing, ok := d.program.(Pairing)
	if !ok {
		if err := d.Denoise(ctx, out, x, t, labels); err != nil {
			return err
		}
		return d.Denoise(ctx, null, x, t, nil)
	}
	inputs, err := d.inputs(x, t, labels)
	if err != nil {
		return err
	}
	if d.null == nil {
		if d.null, err = d.Engine.NewTensor(d.vectors[1].Shape()); err != nil {
			return err
		}
	}
	if err := d.classes(d.null, nil); err != nil {
		return err
	}
	a, b := &d.runs[0], &d.runs[1]
	a.Outputs, b.Outputs = append(a.Outputs[:0], out), append(b.Outputs[:0], null)
	b.Inputs = append(append(b.Inputs[:0], inputs[:len(inputs)-1]...), d.null)
	return pairing.RunPair(ctx, *a, *b)
}

// inputs are the plan's inputs for a batch.
func (d *Denoiser) inputs(x Tensor, t []float64, labels []int) ([]Tensor, error) {
	n := x.Shape().N
	if len(t) != n {
		return nil, errors.New("network: " + strconv.Itoa(len(t)) + " timesteps for " + strconv.Itoa(n) + " samples")
	}
	if err := d.reserve(n); err != nil {
		return nil, err
	}
	if err := d.sinusoid(t); err != nil {
		return nil, err
	}
	d.runs[0].Inputs = append(append(d.runs[0].Inputs[:0], x), d.vectors...)
	if d.Net.Classes > 0 {
		return d.runs[0].Inputs, d.classes(d.vectors[1], labels)
	}
	if len(labels) > 0 {
		return nil, errors.New("network: has no classes, but labels were given")
	}
	return d.runs[0].Inputs, nil
}

// reserve makes the vectors of a batch.
func (d *Denoiser) reserve(n int) error {
	if d.batch == n {
		return nil
	}
	d.releaseVectors()
	widths := []int{d.Net.Time.Dim}
	if d.Net.Classes > 0 {
		widths = append(widths, d.Net.Time.Hidden)
	}
	for _, w := range widths {
		v, err := d.Engine.NewTensor(Shape{n, w, 1, 1})
		if err != nil {
			return err
		}
		d.vectors = append(d.vectors, v)
	}
	d.batch = n
	d.values = make([]float32, n*max(d.Net.Time.Dim, d.Net.Time.Hidden))
	return nil
}

func (d *Denoiser) releaseVectors() {
	for _, v := range d.vectors {
		v.Release()
	}
	if d.null != nil {
		d.null.Release()
	}
	d.vectors, d.null, d.batch = nil, nil, 0
}

func (d *Denoiser) sinusoid(t []float64) error {
	dim, scale := d.Net.Time.Dim, d.Net.Time.Scale
	if scale == 0 {
		scale = 1
	}
	for i, x := range t {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return errors.New("network: timestep " + strconv.Itoa(i) + " is not a number")
		}
		kernels.Timestep(d.values[i*dim:][:dim], x*scale, d.Net.Time.CosFirst, d.Net.Time.FreqShift)
	}
	return d.vectors[0].Write(d.values[:len(t)*dim])
}

// classes writes the class rows of labels, or of the null label where there are none.
func (d *Denoiser) classes(rows Tensor, labels []int) error {
	n := rows.Shape().N
	if len(labels) != n && len(labels) != 0 {
		return errors.New("network: " + strconv.Itoa(len(labels)) + " labels for " + strconv.Itoa(n) + " samples")
	}
	hidden := d.Net.Time.Hidden
	for i := range n {
		label := d.Net.NullLabel
		if len(labels) > 0 {
			label = labels[i]
		}
		if label < 0 || label >= d.Net.Classes {
			return errors.New("network: needs a class label from 0 to " + strconv.Itoa(d.Net.Classes-1) + " for every sample, sample " + strconv.Itoa(i) + " has " + strconv.Itoa(label))
		}
		copy(d.values[i*hidden:], d.table[label*hidden:][:hidden])
	}
	return rows.Write(d.values[:n*hidden])
}

// Release gives the network's storage back.
func (d *Denoiser) Release() {
	d.releaseVectors()
	if d.program != nil {
		d.program.Release()
	}
}
