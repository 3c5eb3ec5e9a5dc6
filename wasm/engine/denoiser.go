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
	values  []float32
	ins     []Tensor // x and the vectors
	outs    []Tensor
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
	d.outs = append(d.outs[:0], out)
	return d.program.Run(ctx, d.outs, inputs)
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
	d.ins = append(append(d.ins[:0], x), d.vectors...)
	return d.ins, d.classes(n, labels)
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
	d.vectors, d.batch = nil, 0
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

func (d *Denoiser) classes(n int, labels []int) error {
	if d.Net.Classes == 0 {
		if len(labels) > 0 {
			return errors.New("network: has no classes, but labels were given")
		}
		return nil
	}
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
	return d.vectors[1].Write(d.values[:n*hidden])
}

// Release gives the network's storage back.
func (d *Denoiser) Release() {
	d.releaseVectors()
	if d.program != nil {
		d.program.Release()
	}
}
