package enginetest

import (
	"math"

	"unnoise/wasm/engine"
	"unnoise/wasm/goldens"
	"unnoise/wasm/unet"
)

// attention joins q, k and v [B,N,C] into the tensor the operation reads.
func (c *layerCase) attention() {
	s := c.f.Shape("q." + c.n)
	batch, n, channels := s[0], s[1], s[2]
	x := Input{engine.Shape{N: batch, C: 3 * channels, H: 1, W: n}, make([]float32, 3*batch*n*channels)}
	for part, name := range []string{"q", "k", "v"} {
		for i, v := range c.values(name) {
			ci, p, sample := i%channels, i/channels%n, i/(channels*n)
			x.Values[((sample*3+part)*channels+ci)*n+p] = v
		}
	}
	b := unet.NewBuilder()
	p := b.Finish(b.Attention("op", b.Input("qkv", 1, n, 3*channels), c.f.Int("heads."+c.n)))
	got := Run(c.t, c.e, p, Weights{}, x)
	back := make([]float32, len(got))
	for i := range back {
		ci, pixel, sample := i%channels, i/channels%n, i/(channels*n)
		back[i] = got[(sample*channels+ci)*n+pixel]
	}
	c.check(back, "y", c.logitTolerance())
}

// logitTolerance: a logit of size L is known to L*6e-8 in float32, and the exponential carries that over. The last case has
// logits in the hundreds, so its mixture of values of size 1 is good to 1e-4; the others are ordinary sums.
func (c *layerCase) logitTolerance() goldens.Tolerance {
	if c.n == "9" {
		return goldens.Tolerance{Abs: 1e-4}
	}
	return float32Sums
}

// softmax puts each row through attention: one query is the row, keys and values are the identity. The width is a power
// of 4, so that 1/sqrt(width) is a power of 2 and undone exactly in the keys.
func (c *layerCase) softmax() {
	s := c.f.Shape("x." + c.n)
	rows, n := s[0], s[1]
	width := 1
	for width < n {
		width *= 4
	}
	scale := float32(math.Sqrt(float64(width)))
	x := Input{engine.Shape{N: rows, C: 3 * width, H: 1, W: n}, make([]float32, 3*rows*width*n)}
	for row := range rows {
		at := func(part, ci, p int) *float32 { return &x.Values[((row*3+part)*width+ci)*n+p] }
		for i := range n {
			*at(0, i, 0) = c.values("x")[row*n+i]
			*at(1, i, i), *at(2, i, i) = scale, 1
		}
	}
	b := unet.NewBuilder()
	got := Run(c.t, c.e, b.Finish(b.Attention("op", b.Input("qkv", 1, n, 3*width), 1)), Weights{}, x)
	var back []float32
	for row := range rows {
		for i := range n {
			back = append(back, got[(row*width+i)*n])
		}
	}
	c.check(back, "y", float32Sums)
}

func (c *layerCase) silu() {
	x := c.input("x")
	x.Shape = engine.Shape{N: 1, C: 1, H: 1, W: len(x.Values)}
	w := Weights{}
	pointwise(w, "read", 1)
	b := unet.NewBuilder()
	in := b.Input("x", 1, x.Shape.W, 1)
	c.check(Run(c.t, c.e, b.Finish(b.Conv1x1("read", unet.Op{In: [2]unet.TensorID{in}, SiLU: true}, 1)), w, x), "y", float32Sums)
}

func (c *layerCase) upsample() {
	x := c.input("x")
	b := unet.NewBuilder()
	in := b.Input("x", x.Shape.H, x.Shape.W, x.Shape.C)
	c.check(Run(c.t, c.e, b.Finish(b.Upsample("op", in)), Weights{}, x), "y", goldens.Tolerance{})
}

func (c *layerCase) avgpool() {
	x := c.input("x")
	b := unet.NewBuilder()
	in := b.Input("x", x.Shape.H, x.Shape.W, x.Shape.C)
	c.check(Run(c.t, c.e, b.Finish(b.AvgPool2("op", in, unet.None, false)), Weights{}, x), "y", float32Sums)
}

// resblock compiles a network of one residual block between pass-through layers would need; instead it uses the plan
// that the block itself lowers to, with the time embedding as an input.
func (c *layerCase) resblock() {
	x, temb := c.input("x"), c.input("temb")
	w := Weights{}
	out := c.matrix(w, "res.conv1", "conv1.")
	c.matrix(w, "res.conv2", "conv2.")
	c.matrix(w, "res.time", "time_emb_proj.")
	for _, norm := range []string{"norm1", "norm2"} {
		for _, part := range []string{"weight", "bias"} {
			v := c.values(norm + "." + part)
			w.Add("res."+norm+"."+part, []int{len(v)}, v)
		}
	}
	if x.Shape.C != out {
		c.matrix(w, "res.skip", "conv_shortcut.")
	}
	layer := unet.Layer{Kind: unet.Res, Name: "res", In: x.Shape.C, Out: out, Groups: c.f.Int("groups." + c.n), Groups2: c.f.Int("groups." + c.n),
		Eps: c.f.Float("eps." + c.n), FiLM: c.f.Text("time_embedding_norm."+c.n) == "scale_shift", Divide: c.f.Float("output_scale_factor." + c.n),
		Mode: map[string]unet.Mode{"none": unet.Plain, "down": unet.Mean, "up": unet.Nearest}[c.f.Text("resize."+c.n)]}
	p := unet.CompileBlock(&layer, x.Shape.H, x.Shape.W, temb.Shape.C)
	c.check(Run(c.t, c.e, p, w, x, temb), "y", float32Sums)
}

func (c *layerCase) attnblock() {
	x := c.input("x")
	channels := x.Shape.C
	w := Weights{}
	for _, part := range []string{"weight", "bias"} {
		w.Add("attn.norm."+part, []int{channels}, c.values("group_norm."+part))
	}
	c.matrix(w, "attn.out", "to_out.0.")
	w["attn.out.weight"] = reshaped(w["attn.out.weight"], channels, channels)
	qkv, bias := make([]float32, 3*channels*channels), []float32{}
	for part, name := range []string{"to_q.", "to_k.", "to_v."} {
		for i, v := range c.values(name + "weight") {
			qkv[i%channels*3*channels+part*channels+i/channels] = v
		}
		bias = append(bias, c.values(name+"bias")...)
	}
	w.Add("attn.qkv.weight", []int{1, 1, channels, 3 * channels}, qkv)
	w.Add("attn.qkv.bias", []int{3 * channels}, bias)
	layer := unet.Layer{Kind: unet.Attn, Name: "attn", In: channels, Out: channels, Groups: c.f.Int("groups." + c.n),
		Eps: c.f.Float("eps." + c.n), Heads: c.f.Int("heads." + c.n), Divide: c.f.Float("rescale_output_factor." + c.n)}
	c.check(Run(c.t, c.e, unet.CompileBlock(&layer, x.Shape.H, x.Shape.W, 0), w, x), "y", float32Sums)
}
