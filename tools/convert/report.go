package main

import (
	"fmt"
	"io"

	"unnoise/wasm/model"
	"unnoise/weights/jsontree"
)

// packObject is what there is to say of a pack, for --json.
func packObject(name string, m *model.Model, size int64) *jsontree.Object {
	n, p := m.Net, m.Process
	o := jsontree.NewObject().Set("pack", name).Set("id", m.ID()).Set("bytes", int(size)).Set("chunks", m.Chunks()).
		Set("height", n.Height).Set("width", n.Width).Set("channels", n.InChannels).Set("outputs", n.OutChannels).Set("classes", n.Classes).
		Set("layers", len(n.Layers)).Set("parameters", int(m.Parameters())).Set("macs", int(m.Plan.MACs())).
		Set("train_timesteps", p.TrainTimesteps).Set("prediction", string(p.Prediction)).Set("variance", string(p.Variance)).
		Set("provenance", m.Provenance.Object)
	probes := []any{}
	for _, probe := range m.Probe {
		probes = append(probes, probe.Origin)
	}
	o.Set("probes", probes)
	if m.Certificate != nil {
		o.Set("certificate", m.Certificate.Object())
	}
	return o
}

func printJSON(w io.Writer, o *jsontree.Object) { fmt.Fprintln(w, jsontree.Text(o)) }
