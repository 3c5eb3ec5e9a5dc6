package model

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/unet"
	"unnoise/weights"
	"unnoise/weights/jsontree"

	"github.com/google/go-cmp/cmp"
)

// everything is a network that uses every field of the description, and a process that does.
func everything() (*unet.Network, *diffusion.Config) {
	net := &unet.Network{InChannels: 3, OutChannels: 6, Height: 8, Width: 4, CenterInput: true, Classes: 5, NullLabel: 4,
		Time: unet.Time{Dim: 6, Hidden: 10, CosFirst: true, FreqShift: 0.5},
		Layers: []unet.Layer{
			{Kind: unet.Conv, Name: "in", In: 3, Out: 4, Save: true},
			{Kind: unet.Res, Name: "res", In: 4, Out: 8, Groups: 2, Groups2: 4, Eps: 1e-6, FiLM: true, Divide: 1.4142135623730951},
			{Kind: unet.Attn, Name: "attn", In: 8, Out: 8, Groups: 8, Eps: 1.2345678901234567e-5, Heads: 2, Divide: 1},
			{Kind: unet.Down, Name: "down", In: 8, Out: 8, Mode: unet.ConvRightBottom},
			{Kind: unet.Up, Name: "up", In: 8, Out: 8, Mode: unet.ConvNearest},
			{Kind: unet.Res, Name: "joined", In: 12, Out: 8, Join: true, Groups: 3, Groups2: 1, Eps: 1e-5, Divide: 1},
			{Kind: unet.Head, Name: "head", In: 8, Out: 6, Groups: 1, Eps: 1e-5},
		}}
	process := &diffusion.Config{TrainTimesteps: 3, BetaSchedule: "linear", BetaStart: 1e-4, BetaEnd: 0.1, TrainedBetas: []float64{0.1, 0.2, 1.0 / 3}, ZeroSNR: true, Prediction: "v_prediction",
		Variance: "fixed_large", Clip: 1.5, Spacing: "trailing", StepsOffset: 1, FinalAlphaBar0: true, Threshold: 0.995, ThresholdMax: 2}
	return net, process
}

// describe makes the metadata and tensors of a pack of the network: zero weights, one probe.
func describe(t testing.TB, net *unet.Network, process *diffusion.Config) (map[string]string, []weights.Tensor, []ProbeCase) {
	t.Helper()
	p, err := unet.Compile(net)
	if err != nil {
		t.Fatal(err)
	}
	var tensors []weights.Tensor
	zero := func(name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		tensors = append(tensors, weights.FromFloat32s(name, shape, make([]float32, n)))
	}
	for _, w := range p.Weights {
		zero(w.Name, w.Shape...)
	}
	if net.Classes > 0 {
		zero("class.weight", net.Classes, net.Time.Hidden)
	}
	zero("in.scale", 4)
	pixels := 2 * net.Height * net.Width
	c, probe := ProbeTensors(0, "a test", []float64{0.5, 999}, []int{0, 4}, []int{2, net.InChannels, net.Height, net.Width},
		make([]float32, pixels*net.InChannels), make([]float32, pixels*net.OutChannels), net.OutChannels)
	source := Provenance{jsontree.NewObject().Set("name", "everything").Set("licence", "none")}
	return Metadata(net, process, source, []ProbeCase{c}), append(tensors, probe...), []ProbeCase{c}
}

func packed(t testing.TB, metadata map[string]string, tensors []weights.Tensor) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := weights.WritePack(&buf, metadata, tensors); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// What a pack is given to say it says again, to the last digit.
func TestDescriptionRoundTrip(t *testing.T) {
	net, process := everything()
	metadata, tensors, probe := describe(t, net, process)
	m, err := OpenBytes(packed(t, metadata, tensors), "pack")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(net, m.Net); diff != "" {
		t.Errorf("network: %s", diff)
	}
	if diff := cmp.Diff(*process, m.Process); diff != "" {
		t.Errorf("process: %s", diff)
	}
	if diff := cmp.Diff(probe, m.Probe, cmp.AllowUnexported(ProbeCase{})); diff != "" {
		t.Errorf("probe: %s", diff)
	}
	if m.Provenance.Get("licence") != "none" || m.Provenance.Get("absent") != "" {
		t.Errorf("provenance %s", jsontree.Text(m.Provenance.Object))
	}
	if x, eps, err := m.ProbeValues(m.Probe[0]); err != nil || len(x) != 2*3*32 || len(eps) != 2*6*32 {
		t.Errorf("probe of %d and %d values, %v", len(x), len(eps), err)
	}
	again := Metadata(m.Net, &m.Process, m.Provenance, m.Probe)
	if diff := cmp.Diff(metadata, again); diff != "" {
		t.Errorf("written again: %s", diff)
	}
}

// refused demands an error of the weights package, one line, that names the file and all that is given.
func refused(t *testing.T, err error, says ...string) {
	t.Helper()
	var e *weights.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is a %T, want *weights.Error", err, err)
	}
	for _, text := range append(says, "model.safetensors") {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
	if strings.Contains(err.Error(), "\n") || len(err.Error()) > 500 {
		t.Errorf("error is not one short line: %q", err)
	}
}

// badDescriptions are replacements in a description's text, each of which must be refused.
var badDescriptions = []struct{ key, old, new, says string }{
	{"network", `"center_input"`, `"centre_input"`, `unknown key "centre_input"`},
	{"network", `"cos_first"`, `"cos_last"`, `unknown key "cos_last"`},
	{"network", `"heads":2`, `"heads":2,"rotary":true`, `layer 2: unknown key "rotary"`},
	{"network", `"heads":2`, `"heads":3`, "attn"},
	{"network", `"heads":2`, `"heads":"2"`, "heads"},
	{"network", `"eps":1e-06`, `"eps":"small"`, "eps"},
	{"network", `"kind":"head"`, `"kind":"transformer"`, "transformer"},
	{"network", `"null_label":4`, `"null_label":5`, "null label"},
	{"network", `"height":8`, `"height":1e9`, "sides"},
	{"network", `"height":8`, `"height":8.5`, "height"},
	{"network", `"in_channels":3`, `"in_channels":3,"in_channels":3`, "duplicate"},
	{"network", `"layers":[`, `"layers":{"a":[`, "network"},
	{"process", `"clip":1.5`, `"klip":1.5`, `unknown key "klip"`},
	{"process", `"clip":1.5`, `"clip":true`, "clip"},
	{"process", `[0.1,`, `[1.1,`, "beta 0 is 1.1"},
	{"process", `[0.1,`, `[-0.1,`, "beta 0 is -0.1"},
	{"probe", `"labels":[0,4]`, `"labels":[0,5]`, "label 5"},
	{"probe", `"labels":[0,4]`, `"labels":[0]`, "as many labels"},
	{"probe", `"t":[0.5,999]`, `"t":[]`, "timesteps"},
	{"probe", `"t":[0.5,999]`, `"t":["a","b"]`, `"t"`},
	{"probe", `{"cases"`, `["cases"`, "probe"},
	{"provenance", `{`, ``, "provenance"},
}

func TestBadDescriptions(t *testing.T) {
	net, process := everything()
	for _, c := range badDescriptions {
		t.Run(c.key+" "+c.new, func(t *testing.T) {
			metadata, tensors, _ := describe(t, net, process)
			if !strings.Contains(metadata[c.key], c.old) {
				t.Fatalf("%s holds no %s", metadata[c.key], c.old)
			}
			metadata[c.key] = strings.Replace(metadata[c.key], c.old, c.new, 1)
			_, err := OpenBytes(packed(t, metadata, tensors), "model.safetensors")
			refused(t, err, "__metadata__", c.says)
			if !errors.Is(err, ErrUnsupported) {
				t.Errorf("%v does not wrap ErrUnsupported", err)
			}
		})
	}
	for _, key := range []string{keyNetwork, keyProcess, keyProvenance, keyProbe} {
		metadata, tensors, _ := describe(t, net, process)
		delete(metadata, key)
		_, err := OpenBytes(packed(t, metadata, tensors), "model.safetensors")
		refused(t, err, key)
	}
}

// Every tensor of a pack is needed, in its shape; no other is tolerated.
func TestBadTensors(t *testing.T) {
	net, process := everything()
	metadata, tensors, _ := describe(t, net, process)
	open := func(list []weights.Tensor) error {
		m, err := OpenBytes(packed(t, metadata, list), "model.safetensors")
		if err == nil {
			_, _, err = m.ProbeValues(m.Probe[0])
		}
		return err
	}
	for i, x := range tensors {
		without := append(append([]weights.Tensor{}, tensors[:i]...), tensors[i+1:]...)
		reshaped := append([]weights.Tensor{weights.FromFloat32s(x.Name, []int{7}, make([]float32, 7))}, without...)
		refused(t, open(reshaped), x.Name)
		if x.Name != "in.scale" { // scales are optional
			refused(t, open(without), x.Name, "missing")
		}
	}
	for _, name := range []string{"stranger", "", "in.bias.scale", "head.norm.scale", "probe.x.1"} {
		stranger := weights.FromFloat32s(name, []int{1}, []float32{1})
		refused(t, open(append([]weights.Tensor{stranger}, tensors...)), `"`+name+`"`, "belongs to no layer")
	}
}

// A file that is no pack, or one of a newer version, is refused as the weights package does.
func TestOtherFiles(t *testing.T) {
	var buf bytes.Buffer
	if err := weights.Write(&buf, nil, nil); err != nil {
		t.Fatal(err)
	}
	_, err := OpenBytes(buf.Bytes(), "model.safetensors")
	refused(t, err, "not a pack")
}

func TestParameters(t *testing.T) {
	net, process := everything()
	metadata, tensors, _ := describe(t, net, process)
	m, err := OpenBytes(packed(t, metadata, tensors), "pack")
	if err != nil {
		t.Fatal(err)
	}
	want := int64(0)
	for _, x := range tensors {
		if !strings.HasPrefix(x.Name, "probe") && x.Name != "in.scale" {
			want += int64(x.Len())
		}
	}
	if m.Parameters() != want {
		t.Errorf("%d parameters, want %d", m.Parameters(), want)
	}
}

// FuzzOpen: no file makes the reader panic; a description it accepts survives being written again. The fuzzer changes the
// description's texts, since it would not find the header's hash.
func FuzzOpen(f *testing.F) {
	net, process := everything()
	metadata, tensors, _ := describe(f, net, process)
	f.Add(metadata[keyNetwork], metadata[keyProcess], metadata[keyProvenance], metadata[keyProbe])
	for _, c := range badDescriptions {
		changed := map[string]string{}
		for k, v := range metadata {
			changed[k] = v
		}
		changed[c.key] = strings.Replace(changed[c.key], c.old, c.new, 1)
		f.Add(changed[keyNetwork], changed[keyProcess], changed[keyProvenance], changed[keyProbe])
	}
	f.Fuzz(func(t *testing.T, network, process, provenance, probe string) {
		m, err := OpenBytes(packed(t, map[string]string{keyNetwork: network, keyProcess: process, keyProvenance: provenance, keyProbe: probe}, tensors), "fuzz")
		if err != nil {
			var e *weights.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v is a %T, want *weights.Error", err, err)
			}
			return
		}
		again := packed(t, Metadata(m.Net, &m.Process, m.Provenance, m.Probe), tensors)
		if _, err := OpenBytes(again, "again"); err != nil {
			t.Fatal(err)
		}
	})
}
