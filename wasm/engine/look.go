package engine

import (
	"context"
	"time"
)

// Activations are what operation op of the network's plan, an index of its Ops, writes for one sample x (CHW) at timestep t: CHW.
// labels has one entry or none.
func (d *Denoiser) Activations(ctx context.Context, op int, x []float32, t float64, labels []int) (values []float32, err error) {
	err = d.once(x, t, labels, func(outputs, inputs []Tensor) (err error) {
		values, err = d.program.Output(ctx, op, outputs, inputs)
		return err
	})
	return values, err
}

// Times are how long each operation of the network's plan takes for one sample x (CHW) at timestep t; nil where the engine cannot tell.
func (d *Denoiser) Times(ctx context.Context, x []float32, t float64, labels []int) (times []time.Duration, err error) {
	err = d.once(x, t, labels, func(outputs, inputs []Tensor) (err error) {
		times, err = d.program.Times(ctx, outputs, inputs)
		return err
	})
	return times, err
}

// once calls f with the plan's tensors for one sample.
func (d *Denoiser) once(values []float32, t float64, labels []int, f func(outputs, inputs []Tensor) error) error {
	x, err := d.Engine.NewTensor(d.InShape(1))
	if err != nil {
		return err
	}
	defer x.Release()
	out, err := d.Engine.NewTensor(d.OutShape(1))
	if err != nil {
		return err
	}
	defer out.Release()
	if err := x.Write(values); err != nil {
		return err
	}
	inputs, err := d.inputs(x, []float64{t}, labels)
	if err != nil {
		return err
	}
	return f([]Tensor{out}, inputs)
}
