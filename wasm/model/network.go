package model

import (
	"errors"
	"strconv"

	"unnoise/wasm/unet"
	"unnoise/weights/jsontree"
)

// networkObject writes a network: FORMAT.md, "network".
func networkObject(n *unet.Network) *jsontree.Object {
	layers := make([]any, len(n.Layers))
	for i := range n.Layers {
		layers[i] = layerObject(&n.Layers[i])
	}
	time := jsontree.NewObject().Set("dim", n.Time.Dim).Set("hidden", n.Time.Hidden).Set("cos_first", n.Time.CosFirst).Set("freq_shift", n.Time.FreqShift)
	if n.Time.Scale != 0 {
		time.Set("scale", n.Time.Scale)
	}
	return jsontree.NewObject().
		Set("in_channels", n.InChannels).Set("out_channels", n.OutChannels).Set("height", n.Height).Set("width", n.Width).
		Set("center_input", n.CenterInput).Set("classes", n.Classes).Set("null_label", n.NullLabel).
		Set("time", time).Set("layers", layers)
}

// layerObject leaves out what is zero.
func layerObject(l *unet.Layer) *jsontree.Object {
	o := jsontree.NewObject().Set("kind", string(l.Kind)).Set("name", l.Name).Set("in", l.In).Set("out", l.Out)
	for _, f := range []struct {
		key   string
		value any
		there bool
	}{
		{"join", true, l.Join}, {"save", true, l.Save}, {"groups", l.Groups, l.Groups != 0}, {"groups2", l.Groups2, l.Groups2 != 0},
		{"eps", l.Eps, l.Eps != 0}, {"film", true, l.FiLM}, {"mode", string(l.Mode), l.Mode != ""}, {"divide", l.Divide, l.Divide != 0},
		{"heads", l.Heads, l.Heads != 0},
	} {
		if f.there {
			o.Set(f.key, f.value)
		}
	}
	return o
}

func networkFrom(f *jsontree.Fields) (*unet.Network, error) {
	n := &unet.Network{InChannels: f.Int("in_channels", 0), OutChannels: f.Int("out_channels", 0), Height: f.Int("height", 0), Width: f.Int("width", 0),
		CenterInput: f.Bool("center_input", false), Classes: f.Int("classes", 0), NullLabel: f.Int("null_label", -1)}
	if t := f.Object("time"); t != nil {
		n.Time = unet.Time{Dim: t.Int("dim", 0), Hidden: t.Int("hidden", 0), CosFirst: t.Bool("cos_first", false), FreqShift: t.Float("freq_shift", 0), Scale: t.Float("scale", 0)}
		if err := unknown(t, "network: time"); err != nil {
			return nil, err
		}
	}
	for i, l := range f.Objects("layers") {
		n.Layers = append(n.Layers, unet.Layer{
			Kind: unet.Kind(l.String("kind", "")), Name: l.String("name", ""), In: l.Int("in", 0), Out: l.Int("out", 0),
			Join: l.Bool("join", false), Save: l.Bool("save", false), Groups: l.Int("groups", 0), Groups2: l.Int("groups2", 0),
			Eps: l.Float("eps", 0), FiLM: l.Bool("film", false), Mode: unet.Mode(l.String("mode", "")), Divide: l.Float("divide", 0), Heads: l.Int("heads", 0),
		})
		if err := unknown(l, "network: layer "+strconv.Itoa(i)); err != nil {
			return nil, err
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return n, unknown(f, "network")
}

// unknown refuses keys nobody reads: they could change what the network computes.
func unknown(f *jsontree.Fields, what string) error {
	if keys := f.Unused(); len(keys) > 0 {
		return errors.New(what + ": unknown key " + strconv.Quote(keys[0]))
	}
	return nil
}
