package certificate

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"unnoise/wasm/checkpoint"
	"unnoise/wasm/goldens"
	"unnoise/wasm/model"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// certify converts a reference folder and certifies it; spoil may change the pack's data.
func certify(t *testing.T, name, kind string, dtype weights.DType) *model.Certificate {
	t.Helper()
	c, err := checkpoint.Open(os.DirFS(filepath.Join(goldens.Dir(t), "unet", name)), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var data bytes.Buffer
	k, err := c.Convert(t.Context(), &data, dtype, model.Provenance{Object: jsontree.NewObject()})
	if err != nil {
		t.Fatal(err)
	}
	n := Network{c.Net, k.Plan, &c.Process, c, k.Source(weights.Bytes(data.Bytes()))}
	cert, err := Compute(t.Context(), n, kind, k.Rounding, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// A float32 pack of float32 weights is the checkpoint; a float16 one is as far from it as the references' README says of its
// kind: outputs by 4e-4 to 1.5e-2, whole chains by at most 3e-3.
func TestCompute(t *testing.T) {
	exact := certify(t, "chain-google", Full, weights.F32)
	for _, e := range exact.Eps {
		if e.Max != 0 {
			t.Errorf("float32, t = %d: outputs differ by %g", e.T, e.Max)
		}
	}
	if exact.Chain.Max != 0 || exact.Chain.PSNR != 0 || len(exact.Rounding) != 0 {
		t.Errorf("float32: %+v, %d matrices rounded", exact.Chain, len(exact.Rounding))
	}
	half := certify(t, "chain-google", Full, weights.F16)
	if len(half.Eps) != 10 || half.Eps[0].T != 0 || half.Eps[9].T != 999 || half.Chain.Steps != 50 {
		t.Fatalf("%d timesteps, chain %+v", len(half.Eps), half.Chain)
	}
	for _, e := range half.Eps {
		if e.Max < 1e-5 || e.Max > 1.5e-2 || e.RMS <= 0 || e.RMS >= e.Max {
			t.Errorf("float16, t = %d: outputs differ by %g, rms %g", e.T, e.Max, e.RMS)
		}
	}
	if half.Chain.PSNR < 50 || half.Chain.Max > 0.05 {
		t.Errorf("float16: chain %+v", half.Chain)
	}
	for _, r := range half.Rounding {
		if r.Relative <= 0 || r.Relative > 0x1p-11 || r.Overflow != 0 || r.Elements == 0 {
			t.Errorf("%+v", r)
		}
	}
}

// The larger the network, the less a quick certificate does; one it would take minutes for gets the rounding alone.
func TestExtent(t *testing.T) {
	c, err := checkpoint.Open(os.DirFS(filepath.Join(goldens.Dir(t), "unet", "chain-google")), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var data bytes.Buffer
	k, err := c.Convert(t.Context(), &data, weights.F16, model.Provenance{Object: jsontree.NewObject()})
	if err != nil {
		t.Fatal(err)
	}
	lastT, lastSteps := fullTimesteps+1, fullSteps+1
	for side := 8; side <= 4096; side *= 2 {
		scale := int64(side*side) / 64
		plan := *k.Plan
		plan.Tensors = append(plan.Tensors[:0:0], plan.Tensors...)
		for i := range plan.Tensors {
			plan.Tensors[i].W *= int(scale)
		}
		n := Network{Net: c.Net, Plan: &plan, Process: &c.Process}
		ts, steps := n.extent(Quick)
		if ts > lastT || steps > lastSteps || 2*int64(ts+steps)*plan.MACs() > quickMACs {
			t.Errorf("side %d: %d timesteps and %d steps of %d products", side, ts, steps, plan.MACs())
		}
		if side == 8 && (ts != fullTimesteps || steps != fullSteps) {
			t.Errorf("a small network: %d timesteps and %d steps", ts, steps)
		}
		if ts, steps := n.extent(Full); ts != fullTimesteps || steps != fullSteps {
			t.Errorf("full: %d timesteps and %d steps", ts, steps)
		}
		lastT, lastSteps = ts, steps
	}
	if lastSteps != 0 {
		t.Errorf("the largest network: %d steps", lastSteps)
	}
}
