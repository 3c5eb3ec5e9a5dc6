package engine

import (
	"errors"
	"strconv"

	"unnoise/wasm/unet"
	"unnoise/weights"
)

// ErrUnknownTensor is what an engine answers when it is given a tensor of another engine or one that was released.
var ErrUnknownTensor = errors.New("tensor belongs to another engine or was released")

// FetchMatrix reads the weight a plan asks for and checks type and shape; scale is nil where the pack has none.
func FetchMatrix(src Source, w unet.WeightSpec) (t weights.Tensor, scale []float32, err error) {
	t, err = src.Tensor(w.Name)
	if err != nil {
		return t, nil, err
	}
	if t.DType != weights.F16 && t.DType != weights.F32 {
		return t, nil, errors.New("weight " + w.Name + ": element type " + string(t.DType) + ", expected F16 or F32")
	}
	if err := sameShape(w.Name, t.Shape, w.Shape); err != nil {
		return t, nil, err
	}
	if has, ok := src.(interface{ Has(name string) bool }); ok && w.Scales != "" && has.Has(w.Scales) {
		scale, err = FetchVector(src, unet.WeightSpec{Name: w.Scales, Shape: w.Shape[len(w.Shape)-1:]})
	}
	return t, scale, err
}

// TypeOf is the element type of a tensor. A source whose data may still be on its way knows it beforehand.
func TypeOf(src Source, name string) (weights.DType, error) {
	if early, ok := src.(interface {
		TypeOf(name string) (weights.DType, bool)
	}); ok {
		if t, ok := early.TypeOf(name); ok {
			return t, nil
		}
	}
	t, err := src.Tensor(name)
	return t.DType, err
}

// FetchVector reads a float32 vector a plan asks for.
func FetchVector(src Source, w unet.WeightSpec) ([]float32, error) {
	t, err := src.Tensor(w.Name)
	if err != nil {
		return nil, err
	}
	if t.DType != weights.F32 {
		return nil, errors.New("weight " + w.Name + ": element type " + string(t.DType) + ", expected F32")
	}
	if err := sameShape(w.Name, t.Shape, w.Shape); err != nil {
		return nil, err
	}
	return t.Float32s()
}

func sameShape(name string, got, want []int) error {
	same := len(got) == len(want)
	for i := 0; same && i < len(got); i++ {
		same = got[i] == want[i]
	}
	if !same {
		return errors.New("weight " + name + ": shape " + weights.ShapeText(got) + ", the network needs " + weights.ShapeText(want))
	}
	return nil
}

// CheckRun reports inputs or outputs that do not fit the plan, and gives the batch size.
func CheckRun(p *unet.Plan, outputs, inputs []Tensor) (batch int, err error) {
	if len(inputs) != len(p.Inputs) || len(outputs) != len(p.Outputs) {
		return 0, errors.New("plan takes " + strconv.Itoa(len(p.Inputs)) + " inputs and " + strconv.Itoa(len(p.Outputs)) + " outputs, got " + strconv.Itoa(len(inputs)) + " and " + strconv.Itoa(len(outputs)))
	}
	batch = inputs[0].Shape().N
	check := func(ids []unet.TensorID, tensors []Tensor) {
		for i, id := range ids {
			t := p.Tensors[id]
			if want := (Shape{batch, t.C, t.H, t.W}); tensors[i].Shape() != want && err == nil {
				err = errors.New("plan tensor " + t.Name + ": shape " + tensors[i].Shape().String() + ", expected " + want.String())
			}
		}
	}
	check(p.Inputs, inputs)
	check(p.Outputs, outputs)
	return batch, err
}

// Written is what operation op wrote into its output tensor, whose content for one sample is nhwc: CHW.
func Written(p *unet.Plan, op int, nhwc []float32) []float32 {
	t := p.Tensors[p.Ops[op].Out]
	first, channels := p.Written(&p.Ops[op])
	shape := Shape{1, t.C, t.H, t.W}
	values := make([]float32, shape.Len())
	shape.ToNCHW(values, nhwc)
	return values[first*t.H*t.W:][:channels*t.H*t.W]
}

// CheckOutput reports an operation that a plan does not have, or inputs of more than one sample.
func CheckOutput(p *unet.Plan, op int, inputs []Tensor) error {
	if op < 0 || op >= len(p.Ops) {
		return errors.New("operation " + strconv.Itoa(op) + " was asked for, the plan has " + strconv.Itoa(len(p.Ops)))
	}
	if len(inputs) > 0 && inputs[0].Shape().N != 1 {
		return errors.New("one sample can be looked at, found " + strconv.Itoa(inputs[0].Shape().N))
	}
	return nil
}
