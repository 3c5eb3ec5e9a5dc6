package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"unnoise/wasm/certificate"
	"unnoise/wasm/checkpoint"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/evalcase"
	"unnoise/wasm/model"
	"unnoise/weights"
)

// maxProbes is how many reference cases a pack takes: each costs two pictures of float32.
const maxProbes = 4

// probe adds reference outputs: from PyTorch where a file is given, else from the CPU engine, which then only tells
// engines apart, not a wrong mapping.
func (c *convertCmd) probe(ctx context.Context, k *checkpoint.Converted, n certificate.Network) error {
	if c.Reference == "" {
		return certificate.AddProbe(ctx, n, k)
	}
	d, err := engine.NewDenoiser(ctx, cpu.New(cpu.Options{Lean: k.Size() > 32<<20}), n.Net, n.Plan, n.Pack)
	if err != nil {
		return err
	}
	defer d.Release()
	return c.fromReference(ctx, k, d)
}

// fromReference takes the outputs of a float64 run with the pack's own weights, and demands that the CPU engine agrees.
func (c *convertCmd) fromReference(ctx context.Context, k *checkpoint.Converted, d *engine.Denoiser) error {
	f, err := openFile(c.Reference)
	if err != nil {
		return err
	}
	key := map[string]string{"fp16": "eps64_w16.", "fp32": "eps64."}[c.Dtype]
	cases := referenceCases(f, key)
	for _, n := range cases {
		r, err := readReference(f, n, key, d)
		if err != nil {
			return err
		}
		got, err := evalcase.Denoise(ctx, d, r.x, r.t, r.labels)
		if err != nil {
			return fmt.Errorf("%s: case %s: %w", c.Reference, n, err)
		}
		if worst := model.Worst(got, r.eps); !(worst <= model.ProbeBound) {
			return fmt.Errorf("%s: case %s: the converted network differs from the reference by %.3g, allowed %g: is it of this model, and were the weights rounded as this pack's?", c.Reference, n, worst, model.ProbeBound)
		}
		if err := k.AddProbe("pytorch, float64", r.t, r.labels, r.x, r.eps); err != nil {
			return err
		}
	}
	if len(cases) == 0 {
		return errors.New(c.Reference + ": holds no " + key + "N: make it with tools/golden, or convert with the other --dtype")
	}
	return nil
}

func openFile(name string) (*weights.File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, errors.New(name + ": cannot be read: " + err.Error())
	}
	return weights.OpenBytes(data, name)
}

// referenceCases lists the first cases that hold the reference.
func referenceCases(f *weights.File, key string) []string {
	var list []string
	for _, e := range f.Entries {
		if n, ok := strings.CutPrefix(e.Name, key); ok {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list[:min(len(list), maxProbes)]
}

type reference struct {
	x, eps []float32
	t      []float64
	labels []int
}

func readReference(f *weights.File, n, key string, d *engine.Denoiser) (r reference, err error) {
	floats := func(name string) (v []float32) {
		if err == nil {
			var t weights.Tensor
			if t, err = f.Tensor(name); err == nil {
				v, err = t.Float32s()
			}
		}
		return v
	}
	r.x, r.eps = floats("x."+n), floats(key+n)
	for _, t := range floats("t." + n) {
		r.t = append(r.t, float64(t))
	}
	if f.Has("y." + n) {
		for _, y := range floats("y." + n) {
			r.labels = append(r.labels, int(y))
		}
	}
	if err == nil && (len(r.x) != d.InShape(len(r.t)).Len() || len(r.eps) != d.OutShape(len(r.t)).Len()) {
		err = errors.New(f.Name() + ": case " + n + " does not fit the network: x has " + strconv.Itoa(len(r.x)) + " values, expected " + strconv.Itoa(d.InShape(len(r.t)).Len()))
	}
	return r, err
}
