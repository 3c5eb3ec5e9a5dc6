//go:build !js

package unet_test

import (
	"os"

	"unnoise/wasm/checkpoint"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// Faults of reading checkpoints of other layouts than diffusers'.
func init() {
	faults["qkv rows read in the new order"] = func(f *faulty) { f.each(unet.Attn, func(l *unet.Layer) { f.reorder(l, true) }) }
	faults["qkv rows read in the legacy order"] = func(f *faulty) { f.each(unet.Attn, func(l *unet.Layer) { f.reorder(l, false) }) }
	faults["one head instead of the flag"] = func(f *faulty) {
		f.each(unet.Attn, func(l *unet.Layer) {
			if f.legacy { // of one head, the older order is the newer
				f.reorder(l, true)
			}
			l.Heads = 1
		})
	}
	faults["entry 0 (raw weights) read instead of the EMA entry"] = func(f *faulty) { f.takeRaw() }
}

// reorder exchanges the rows of q, k and v between the older order (of each head its q, k and v) and the newer; back undoes what
// reading the older order did.
func (f *faulty) reorder(l *unet.Layer, back bool) {
	c, width := l.Out, l.Out/l.Heads
	from := make([]int, 3*c) // column of the weights as they are, for each as it will be
	for i := range from {
		head, part, at := i/(3*width), i/width%3, i%width
		if newer := part*c + head*width + at; back {
			from[i] = newer
		} else {
			from[newer] = i
		}
	}
	for _, name := range []string{l.Name + ".qkv.weight", l.Name + ".qkv.bias"} {
		x := f.weights[name]
		v, _ := x.Float32s()
		out := make([]float32, len(v))
		for i := range v {
			out[i] = v[i/(3*c)*(3*c)+from[i%(3*c)]]
		}
		f.weights[name] = weights.FromFloat32s(name, x.Shape, out)
	}
}

// takeRaw reads the checkpoint again, without its moving average.
func (f *faulty) takeRaw() {
	c, err := checkpoint.Open(os.DirFS(f.dir), checkpoint.Options{Weights: "raw"})
	if err != nil {
		f.t.Fatal(err)
	}
	defer c.Close()
	for name, x := range f.weights {
		v, err := c.Values(name)
		if err != nil {
			f.t.Fatal(err)
		}
		f.weights[name] = weights.FromFloat32s(name, x.Shape, v)
	}
}
