package unet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"unnoise/wasm/checkpoint"
	"unnoise/wasm/goldens"
	"unnoise/wasm/unet"
)

var readNetworks map[string]*unet.Network

// referenceNetworks are those of the reference folders, opened once.
func referenceNetworks(t *testing.T) map[string]*unet.Network {
	t.Helper()
	if readNetworks == nil {
		readNetworks = map[string]*unet.Network{}
		for _, name := range goldens.Names(t, "unet") {
			dir := filepath.Join(goldens.Dir(t), "unet", name)
			c, err := checkpoint.Open(os.DirFS(dir), checkpoint.Options{})
			if err != nil {
				t.Fatal(err)
			}
			readNetworks[name] = c.Net
			c.Close()
		}
	}
	return readNetworks
}

// plans are those of the reference networks and of networks made here.
func plans(t *testing.T) map[string]*unet.Plan {
	t.Helper()
	nets := map[string]*unet.Network{
		"small": small(), "nouns": ddpm(nouns),
		"deep":   ddpm(shape{channels: 1, side: 32, widths: []int{8, 8, 16, 16, 24, 24}, perLevel: 3, attention: 2, groups: 8}),
		"film":   ddpm(shape{channels: 3, side: 16, widths: []int{8, 24, 16}, perLevel: 2, attention: 1, groups: 8, film: true}),
		"resize": ddpm(shape{channels: 3, side: 16, widths: []int{8, 24, 16}, perLevel: 2, attention: 0, groups: 4, resize: true}),
		"center": func() *unet.Network { n := small(); n.CenterInput = true; return n }(),
	}
	for name, n := range referenceNetworks(t) {
		nets[name] = n
	}
	out := map[string]*unet.Plan{}
	for name, n := range nets {
		p, err := unet.Compile(n)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = p
	}
	return out
}

// follow runs through a plan with the names of tensors instead of numbers: every operation must find in its buffers what
// was meant, and write where nothing is that is still wanted.
func follow(p *unet.Plan) error {
	content, written := map[int]unet.TensorID{}, map[unet.TensorID]bool{unet.None: true}
	for _, id := range p.Inputs {
		written[id] = true
	}
	for i := range p.Ops {
		op := &p.Ops[i]
		out := p.Tensors[op.Out]
		for _, id := range []unet.TensorID{op.In[0], op.In[1], op.Norm, op.Time, op.Residual} {
			slot := p.Tensors[id].Slot
			switch {
			case !written[id]:
				return fmt.Errorf("%s reads %s before it is written", op.Layer, p.Tensors[id].Name)
			case id != unet.None && slot >= 0 && content[slot] != id:
				return fmt.Errorf("%s reads %s, but its buffer holds %s", op.Layer, p.Tensors[id].Name, p.Tensors[content[slot]].Name)
			case id != unet.None && slot >= 0 && slot == out.Slot:
				return fmt.Errorf("%s reads and writes one buffer", op.Layer)
			}
		}
		if out.Slot >= 0 {
			if written[op.Out] && content[out.Slot] != op.Out {
				return fmt.Errorf("%s writes a part of %s, whose buffer has gone to %s", op.Layer, out.Name, p.Tensors[content[out.Slot]].Name)
			}
			if p.Slots[out.Slot] < out.Len() {
				return fmt.Errorf("%s does not fit its buffer", op.Layer)
			}
			content[out.Slot] = op.Out
		}
		written[op.Out] = true
	}
	return nil
}

func TestSlots(t *testing.T) {
	for name, p := range plans(t) {
		if err := follow(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		sum, used := 0, 0
		for _, x := range p.Tensors {
			if x.Slot >= 0 {
				sum += x.Len()
			}
		}
		for _, size := range p.Slots {
			used += size
		}
		if used >= sum {
			t.Errorf("%s: buffers of %d values for tensors of %d: nothing is shared", name, used, sum)
		}
	}
}

// follow must see a tensor whose buffer is taken too early.
func TestFollowSeesFaults(t *testing.T) {
	for name, p := range plans(t) {
		for id := range p.Tensors {
			if p.Tensors[id].Slot >= 0 {
				p.Tensors[id].Slot = 0
			}
		}
		if follow(p) == nil {
			t.Errorf("%s: one buffer for all was not seen", name)
		}
	}
}

// The counts of a known network.
func TestCounts(t *testing.T) {
	p, err := unet.Compile(ddpm(nouns))
	if err != nil {
		t.Fatal(err)
	}
	if g := float64(p.MACs()) / 1e9; g < 0.4035 || g >= 0.4045 {
		t.Errorf("%.4f G multiplications, want 0.404", g)
	}
	if m := float64(parameters(p)) / 1e6; m < 2.585 || m >= 2.595 {
		t.Errorf("%.3f M parameters, want 2.59", m)
	}
}

// Every weight has one name, and every operation that needs weights finds them in the list.
func TestWeightNames(t *testing.T) {
	for name, p := range plans(t) {
		seen := map[string]bool{}
		for _, w := range p.Weights {
			if seen[w.Name] {
				t.Errorf("%s: two weights are called %s", name, w.Name)
			}
			seen[w.Name] = true
		}
		for i := range p.Ops {
			if w := p.Ops[i].Weight; w != "" && (!seen[w+".weight"] || !seen[w+".bias"]) {
				t.Errorf("%s: %s needs %s, which is not listed", name, p.Ops[i].Layer, w)
			}
		}
	}
}
