package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"unnoise/wasm/checkpoint"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/evalcase"
	"unnoise/wasm/model"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// verifyCmd checks a pack.
type verifyCmd struct {
	Pack    string `arg:"" help:"The pack."`
	Against string `placeholder:"CHECKPOINT" help:"The checkpoint it was made from: every tensor must be what converting it gives."`
	checkpointFlags
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// Run implements the command.
func (c *verifyCmd) Run(ctx context.Context) error {
	m, _, err := openModel(c.Pack)
	if err != nil {
		return err
	}
	if err := m.Verify(); err != nil {
		return err
	}
	tensors := 0
	if c.Against != "" {
		if tensors, err = c.against(ctx, m); err != nil {
			return err
		}
	}
	worst, err := c.probes(ctx, m)
	if err != nil {
		return err
	}
	if c.JSON {
		o := jsontree.NewObject().Set("pack", c.Pack).Set("chunks", m.Chunks()).Set("probes", len(m.Probe)).Set("probe_error", worst).Set("probe_bound", model.ProbeBound)
		if c.Against != "" {
			o.Set("against", c.Against).Set("tensors", tensors)
		}
		printJSON(os.Stdout, o)
		return nil
	}
	if c.Against != "" {
		fmt.Printf("%s: %d tensors, network and process are what %s converts to\n", c.Pack, tensors, c.Against)
	}
	fmt.Printf("%s: %d chunks and %d probes agree\n", c.Pack, m.Chunks(), len(m.Probe))
	return nil
}

// probes runs the stored inputs through the CPU engine and gives the largest difference.
func (c *verifyCmd) probes(ctx context.Context, m *model.Model) (largest float64, err error) {
	if len(m.Probe) == 0 {
		return 0, errors.New(c.Pack + ": has no probe: convert the model again")
	}
	d, err := engine.NewDenoiser(ctx, cpu.New(cpu.Options{Lean: lean(m)}), m.Net, m.Plan, m)
	if err != nil {
		return 0, err
	}
	defer d.Release()
	for i, probe := range m.Probe {
		x, want, err := m.ProbeValues(probe)
		if err != nil {
			return 0, err
		}
		got, err := evalcase.Denoise(ctx, d, x, probe.T, probe.Labels)
		if err != nil {
			return 0, err
		}
		worst := model.Worst(got, want)
		if !(worst <= model.ProbeBound) {
			return worst, fmt.Errorf("%s: probe %d (t = %v, from %s): the output is off by %.3g, allowed %g: the pack is wrong or the engine is", c.Pack, i, probe.T, probe.Origin, worst, model.ProbeBound)
		}
		if !c.JSON {
			fmt.Printf("probe %d (t = %v, from %s): largest difference %.2g, allowed %g\n", i, probe.T, probe.Origin, worst, model.ProbeBound)
		}
		largest = max(largest, worst)
	}
	return largest, nil
}

// lean says whether a network's weights are to be read layer by layer.
func lean(m *model.Model) bool { return m.Parameters() > 16<<20 }

// against converts the checkpoint again, into nothing but a comparer.
func (c *verifyCmd) against(ctx context.Context, m *model.Model) (tensors int, err error) {
	ck, fsys, _, err := c.open(c.Against)
	if err != nil {
		return 0, err
	}
	defer ck.Close()
	sum, err := ck.Hash(fsys)
	if err != nil {
		return 0, err
	}
	if err := sameDescription(m, ck); err != nil {
		return 0, fmt.Errorf("%s: %w", c.Pack, err)
	}
	dtype := weights.F16
	if m.Provenance.Get("dtype") == "fp32" {
		dtype = weights.F32
	}
	compare := &comparer{m: m}
	k, err := ck.Convert(ctx, compare, dtype, model.Provenance{Object: jsontree.NewObject()})
	if compare.err != nil {
		return 0, compare.err
	}
	if err != nil {
		return 0, err
	}
	if want, got := fmt.Sprintf("%x", sum), m.Provenance.Get("sha256"); want != got {
		fmt.Fprintf(os.Stderr, "convert: note: the pack names a source of SHA-256 %s, %s has %s, though the tensors are equal\n", got, c.Against, want)
	}
	written := k.Source(weights.Bytes(nil)).Entries
	return len(written), compare.finish(written)
}

// sameDescription compares network and process.
func sameDescription(m *model.Model, ck *checkpoint.Checkpoint) error {
	want := model.Metadata(ck.Net, &ck.Process, model.Provenance{Object: jsontree.NewObject()}, nil)
	for _, key := range []string{"network", "process"} {
		if m.Metadata[key] != want[key] {
			a, _ := jsontree.ParseObject([]byte(m.Metadata[key]))
			b, _ := jsontree.ParseObject([]byte(want[key]))
			where, x, y := firstDifference(key, a, b)
			return errors.New(where + " is " + x + ", the checkpoint gives " + y)
		}
	}
	return nil
}

// comparer takes a pack's data as it is made and compares it with the pack's bytes.
type comparer struct {
	m   *model.Model
	at  int64
	err error
}

// Write implements io.Writer.
func (c *comparer) Write(p []byte) (int, error) {
	i := slices.IndexFunc(c.m.Entries, func(e weights.Entry) bool { return e.Begin <= c.at && c.at < e.End })
	if i < 0 {
		c.err = errors.New(c.m.Name() + ": ends before the checkpoint's tensors do")
		return 0, c.err
	}
	e := c.m.Entries[i]
	t, err := c.m.Tensor(e.Name)
	if err != nil {
		c.err = err
		return 0, err
	}
	if c.at != e.Begin || !bytes.Equal(t.Data, p) {
		c.err = &weights.Error{File: c.m.Name(), Where: "tensor " + strconv.Quote(e.Name), Problem: differs(t, p)}
		return 0, c.err
	}
	c.at += int64(len(p))
	return len(p), nil
}

// differs says how far a tensor is from the data it should have.
func differs(t weights.Tensor, want []byte) string {
	if len(want) != len(t.Data) {
		return "has " + strconv.Itoa(len(t.Data)) + " bytes, the checkpoint gives " + strconv.Itoa(len(want))
	}
	got, _ := t.Float64s()
	t.Data = want
	expected, _ := t.Float64s()
	count, first := 0, -1
	for i := range got {
		if got[i] != expected[i] {
			if count++; first < 0 {
				first = i
			}
		}
	}
	if first < 0 {
		return "has other bytes for the same values"
	}
	return fmt.Sprintf("%d of %d values differ from the checkpoint's, first value %d: %g, expected %g", count, len(got), first, got[first], expected[first])
}

// finish demands the same tensors of the same shapes, in the same order.
func (c *comparer) finish(written []weights.Entry) error {
	for i, e := range written {
		if got := c.m.Entries[i]; got.Name != e.Name || got.DType != e.DType || !slices.Equal(got.Shape, e.Shape) {
			return &weights.Error{File: c.m.Name(), Where: "tensor " + strconv.Quote(got.Name), Problem: "stands where the checkpoint gives " + strconv.Quote(e.Name) + " of " + string(e.DType) + " " + weights.ShapeText(e.Shape)}
		}
	}
	return nil
}
