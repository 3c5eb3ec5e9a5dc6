// Package evalcase runs files of network inputs through an engine: the means by which anyone compares an engine with
// their own PyTorch run. Inputs are x.N [B,C,H,W], t.N [B] (int64 or float32) and, for class models, y.N [B]; outputs eps.N.
package evalcase

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"unnoise/wasm/engine"
	"unnoise/weights"
)

// Run computes every case of the .safetensors file in and gives the .safetensors file of results: eps.N with all output
// channels, NCHW float32, and the metadata engine, adapter and precision. progress, where not nil, is called after every case. Errors name
// the file (by name) and the case.
func Run(ctx context.Context, d *engine.Denoiser, in *weights.File, progress func(done, total int)) ([]byte, error) {
	cases := numbers(in)
	if len(cases) == 0 {
		return nil, &weights.Error{File: in.Name(), Problem: "has no case: expected tensors x.0, t.0 and so on"}
	}
	var out []weights.Tensor
	for i, n := range cases {
		t, err := one(ctx, d, in, n)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		if progress != nil {
			progress(i+1, len(cases))
		}
	}
	info := d.Engine.Info()
	var buf bytes.Buffer
	err := weights.Write(&buf, map[string]string{"engine": info.Engine, "adapter": info.Adapter, "precision": info.Precision}, out)
	return buf.Bytes(), err
}

// numbers lists the cases' numbers in order.
func numbers(in *weights.File) []int {
	var list []int
	for _, e := range in.Entries {
		if text, ok := strings.CutPrefix(e.Name, "x."); ok {
			if n, err := strconv.Atoi(text); err == nil && n >= 0 {
				list = append(list, n)
			}
		}
	}
	slices.Sort(list)
	return list
}

func one(ctx context.Context, d *engine.Denoiser, in *weights.File, number int) (weights.Tensor, error) {
	n := strconv.Itoa(number)
	fail := func(name, problem string) (weights.Tensor, error) {
		return weights.Tensor{}, &weights.Error{File: in.Name(), Where: "tensor " + strconv.Quote(name), Problem: problem}
	}
	xt, err := in.Tensor("x." + n)
	if err != nil {
		return xt, err
	}
	if len(xt.Shape) != 4 || xt.Shape[0] < 1 || xt.Shape[0] > 4096 || (engine.Shape{N: xt.Shape[0], C: xt.Shape[1], H: xt.Shape[2], W: xt.Shape[3]}) != d.InShape(xt.Shape[0]) {
		return fail("x."+n, "does not fit the network, which takes "+d.InShape(1).String()+" with any number of samples")
	}
	batch := xt.Shape[0]
	x, err := xt.Float32s()
	if err != nil {
		return xt, err
	}
	tt, err := in.Tensor("t." + n)
	if err != nil {
		return tt, err
	}
	ts, err := tt.Float64s()
	if err != nil || len(ts) != batch {
		return fail("t."+n, "must hold a timestep for each of the "+strconv.Itoa(batch)+" samples")
	}
	labels, problem := labelsOf(in, "y."+n, batch)
	if problem != "" {
		return fail("y."+n, problem)
	}
	eps, err := Denoise(ctx, d, x, ts, labels)
	if err != nil {
		return xt, &weights.Error{File: in.Name(), Where: "case " + n, Problem: err.Error(), Err: err}
	}
	s := d.OutShape(batch)
	return weights.FromFloat32s("eps."+n, []int{s.N, s.C, s.H, s.W}, eps), nil
}

// labelsOf reads the labels of a case; none where the tensor is absent.
func labelsOf(in *weights.File, name string, batch int) (labels []int, problem string) {
	if !in.Has(name) {
		return nil, ""
	}
	t, err := in.Tensor(name)
	if err != nil {
		return nil, err.Error()
	}
	v, err := t.Float64s()
	if err != nil || len(v) != batch {
		return nil, "must hold a label for each of the " + strconv.Itoa(batch) + " samples"
	}
	for _, y := range v {
		if y != math.Trunc(y) || math.Abs(y) > math.MaxInt32 {
			return nil, "must hold class labels (whole numbers from 0), found " + strconv.FormatFloat(y, 'g', -1, 64)
		}
		labels = append(labels, int(y))
	}
	return labels, ""
}

// Denoise runs the network once on values in NCHW order.
func Denoise(ctx context.Context, d *engine.Denoiser, x []float32, ts []float64, labels []int) ([]float32, error) {
	in, err := d.Engine.NewTensor(d.InShape(len(ts)))
	if err != nil {
		return nil, err
	}
	defer in.Release()
	out, err := d.Engine.NewTensor(d.OutShape(len(ts)))
	if err != nil {
		return nil, err
	}
	defer out.Release()
	if err := in.Write(x); err != nil {
		return nil, err
	}
	if err := d.Denoise(ctx, out, in, ts, labels); err != nil {
		return nil, err
	}
	eps := make([]float32, out.Shape().Len())
	return eps, out.Read(ctx, eps)
}
