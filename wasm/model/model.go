// Package model is what a pack says: the network, the process it was trained for, where it comes from, and the probe that
// tells whether an engine computes it rightly. It turns these into the pack's metadata and back.
package model

import (
	"errors"
	"io"
	"slices"
	"strconv"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/unet"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// Model is an open pack with its description read and checked.
type Model struct {
	*weights.Pack
	Net        *unet.Network
	Plan       *unet.Plan
	Process    diffusion.Config
	Provenance Provenance
	Probe      []ProbeCase
	// Certificate is nil where the pack has none.
	Certificate *Certificate
}

// Provenance is where a pack comes from; keys in the order they are shown. Known keys: name, source, layout, sha256, weights, dtype,
// data, licence, training, pictures.
type Provenance struct{ *jsontree.Object }

// Get is the text of a key, "" where it is absent.
func (p Provenance) Get(key string) string {
	s, _ := p.Values[key].(string)
	return s
}

// ErrUnsupported is wrapped by Open's error for a pack that asks for what this version cannot compute or sample.
var ErrUnsupported = errors.New("unsupported model")

// The metadata keys of a pack's description.
const (
	keyNetwork    = "network"
	keyProcess    = "process"
	keyProvenance = "provenance"
	keyProbe      = "probe"
)

// Open opens a pack and reads its description. The data's hashes are not checked: call Verify.
func Open(r io.ReaderAt, size int64, name string) (*Model, error) {
	p, err := weights.OpenPack(r, size, name)
	if err != nil {
		return nil, err
	}
	m := &Model{Pack: p}
	if err := m.read(); err != nil {
		return nil, &weights.Error{File: name, Where: "__metadata__", Problem: err.Error(), Err: ErrUnsupported}
	}
	return m, m.checkTensors()
}

// OpenBytes is Open for a pack in memory.
func OpenBytes(data []byte, name string) (*Model, error) {
	return Open(weights.Bytes(data), int64(len(data)), name)
}

func (m *Model) read() (err error) {
	object := func(key string) *jsontree.Object {
		o, e := jsontree.ParseObject([]byte(m.Metadata[key]))
		if e != nil && err == nil {
			err = errors.New(key + ": " + e.Error())
		}
		return o
	}
	network, process, provenance, probe := object(keyNetwork), object(keyProcess), object(keyProvenance), object(keyProbe)
	if err != nil {
		return err
	}
	if m.Net, err = networkFrom(network.Fields(keyNetwork)); err != nil {
		return err
	}
	if m.Plan, err = unet.Compile(m.Net); err != nil {
		return err
	}
	if m.Process, err = processFrom(process.Fields(keyProcess)); err != nil {
		return err
	}
	m.Provenance = Provenance{provenance}
	if m.Probe, err = probeFrom(probe.Fields(keyProbe), m.Net); err != nil {
		return err
	}
	if m.Certificate, err = readCertificate(m.Metadata[keyCertificate]); err != nil {
		return errors.New(keyCertificate + ": " + err.Error())
	}
	return nil
}

// checkTensors demands that the pack holds what the network needs, in the right shapes, and nothing unknown.
func (m *Model) checkTensors() error {
	needed := m.Plan.Weights
	if m.Net.Classes > 0 {
		needed = append(needed[:len(needed):len(needed)], unet.WeightSpec{Name: "class.weight", Shape: []int{m.Net.Classes, m.Net.Time.Hidden}})
	}
	known := map[string]bool{}
	for _, w := range needed {
		known[w.Name] = true
		if !m.Has(w.Name) {
			return &weights.Error{File: m.Name(), Where: "tensor " + strconv.Quote(w.Name), Problem: "is missing"}
		}
		if err := m.checkShape(w.Name, w.Shape); err != nil {
			return err
		}
		if w.Scales != "" && m.Has(w.Scales) {
			known[w.Scales] = true
			if err := m.checkShape(w.Scales, w.Shape[len(w.Shape)-1:]); err != nil {
				return err
			}
		}
	}
	for _, c := range m.Probe {
		known[c.x], known[c.eps] = true, true
	}
	for _, e := range m.Entries {
		if !known[e.Name] {
			return &weights.Error{File: m.Name(), Where: "tensor " + strconv.Quote(e.Name), Problem: "belongs to no layer of the network"}
		}
	}
	return nil
}

// checkShape compares the shape of a tensor of the pack with the one the network needs.
func (m *Model) checkShape(name string, want []int) error {
	for _, e := range m.Entries {
		if e.Name == name && !slices.Equal(e.Shape, want) {
			return &weights.Error{File: m.Name(), Where: "tensor " + strconv.Quote(name), Problem: "has shape " + jsontree.Text(jsontree.Ints(e.Shape)) + ", the network needs " + jsontree.Text(jsontree.Ints(want))}
		}
	}
	return nil
}

// Parameters counts the network's weights: scales and probe left out.
func (m *Model) Parameters() int64 {
	var n int64
	for _, w := range m.Plan.Weights {
		size := int64(1)
		for _, d := range w.Shape {
			size *= int64(d)
		}
		n += size
	}
	return n + int64(m.Net.Classes)*int64(m.Net.Time.Hidden)
}

// Metadata is the description as a pack holds it.
func Metadata(net *unet.Network, process *diffusion.Config, provenance Provenance, probe []ProbeCase) map[string]string {
	return map[string]string{
		keyNetwork:    jsontree.Text(networkObject(net)),
		keyProcess:    jsontree.Text(processObject(process)),
		keyProvenance: jsontree.Text(provenance.Object),
		keyProbe:      jsontree.Text(probeObject(probe)),
	}
}
