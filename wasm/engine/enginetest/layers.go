package enginetest

import (
	"strconv"
	"testing"

	"unnoise/kernels"
	"unnoise/wasm/engine"
	"unnoise/wasm/goldens"
	"unnoise/wasm/unet"
)

// layerTests says how each reference file of goldens/layers is computed through plans. A file without an entry fails
// the test, but for timestep_embedding, which no engine computes (kernels tests it).
var layerTests = map[string]func(*layerCase){
	"conv3x3":          func(c *layerCase) { c.conv(unet.Op{}, 3) },
	"conv3x3_s2":       func(c *layerCase) { c.conv(unet.Op{Stride: 2, Pad: kernels.PadSame}, 3) },
	"conv3x3_s2_asym":  func(c *layerCase) { c.conv(unet.Op{Stride: 2, Pad: kernels.PadRightBottom}, 3) },
	"conv1x1":          func(c *layerCase) { c.conv(unet.Op{}, 1) },
	"upsample_conv3x3": func(c *layerCase) { c.conv(unet.Op{Up: true}, 3) },
	"concat_conv3x3":   (*layerCase).concat,
	"linear":           (*layerCase).linear,
	"group_norm":       (*layerCase).groupNorm,
	"attention":        (*layerCase).attention,
	"softmax":          (*layerCase).softmax,
	"silu":             (*layerCase).silu,
	"upsample_nearest": (*layerCase).upsample,
	"avgpool2":         (*layerCase).avgpool,
	"resblock":         (*layerCase).resblock,
	"attnblock":        (*layerCase).attnblock,
}

// layerCase is one case of a reference file on one engine.
type layerCase struct {
	t     *testing.T
	e     engine.Engine
	f     *goldens.File
	n     string // the case's number
	worst *float64
}

// Layers checks every file of goldens/layers.
func Layers(t *testing.T, e engine.Engine) {
	for _, name := range goldens.Names(t, "layers") {
		if name == "timestep_embedding" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			test, ok := layerTests[name]
			if !ok {
				t.Fatal("no test knows this reference file")
			}
			f := goldens.Open(t, "layers", name+".safetensors")
			worst := 0.0
			for i := range f.Int("cases") {
				test(&layerCase{t: t, e: e, f: f, n: strconv.Itoa(i), worst: &worst})
			}
			t.Logf("largest difference %.3g", worst)
		})
	}
}

// float32Sums is the bound of the reference's README for float32 sums of values of size 1, with a relative part of the
// same size for the cases whose values are larger.
var float32Sums = goldens.Tolerance{Abs: 1e-5, Rel: 1e-5}

func (c *layerCase) check(got []float32, reference string, tol goldens.Tolerance) {
	c.t.Helper()
	worst, err := goldens.Compare(got, c.f.Values(reference+"."+c.n), tol)
	*c.worst = max(*c.worst, worst)
	if err != nil {
		c.t.Errorf("case %s: %v", c.n, err)
	}
}

func (c *layerCase) values(name string) []float32 { return c.f.Values(name + "." + c.n) }

// input reads a tensor [N,C,H,W], [N,C] or [N].
func (c *layerCase) input(name string) Input {
	s := append(append([]int{}, c.f.Shape(name+"."+c.n)...), 1, 1, 1)
	return Input{engine.Shape{N: s[0], C: s[1], H: s[2], W: s[3]}, c.values(name)}
}

// matrix stores PyTorch's [O,I,k,k] or [O,I] under the canonical layout, with its bias.
func (c *layerCase) matrix(w Weights, name, from string) (out int) {
	s := c.f.Shape(from + "weight." + c.n)
	w.Add(name+".weight", canonicalShape(s), canonical(c.values(from+"weight"), s))
	w.Add(name+".bias", s[:1], c.values(from+"bias"))
	return s[0]
}

// canonical transposes [O,I,kh,kw] (or [O,I]) to [kh,kw,I,O].
func canonical(v []float32, s []int) []float32 {
	o, i, taps := s[0], s[1], len(v)/(s[0]*s[1])
	out := make([]float32, len(v))
	for at := range v {
		tap, ci, co := at%taps, at/taps%i, at/(taps*i)
		out[(tap*i+ci)*o+co] = v[at]
	}
	return out
}

func canonicalShape(s []int) []int {
	if len(s) == 2 {
		return []int{s[1], s[0]}
	}
	return []int{s[2], s[3], s[1], s[0]}
}

func (c *layerCase) weights(name string) (w Weights, out int) {
	s := c.f.Shape("w." + c.n)
	w = Weights{}
	w.Add(name+".weight", canonicalShape(s), canonical(c.values("w"), s))
	w.Add(name+".bias", s[:1], c.values("b"))
	return w, s[0]
}

func (c *layerCase) conv(op unet.Op, size int) {
	x := c.input("x")
	w, out := c.weights("op")
	b := unet.NewBuilder()
	op.In[0] = b.Input("x", x.Shape.H, x.Shape.W, x.Shape.C)
	add := b.Conv3x3
	if size == 1 {
		add = b.Conv1x1
	}
	c.check(Run(c.t, c.e, b.Finish(add("op", op, out)), w, x), "y", float32Sums)
}

func (c *layerCase) concat() {
	x1, x2 := c.input("x1"), c.input("x2")
	w, out := c.weights("op")
	b := unet.NewBuilder()
	in := [2]unet.TensorID{b.Input("x1", x1.Shape.H, x1.Shape.W, x1.Shape.C), b.Input("x2", x2.Shape.H, x2.Shape.W, x2.Shape.C)}
	c.check(Run(c.t, c.e, b.Finish(b.Conv3x3("op", unet.Op{In: in}, out)), w, x1, x2), "y", float32Sums)
	joined := unet.NewBuilder()
	in = [2]unet.TensorID{joined.Input("x1", x1.Shape.H, x1.Shape.W, x1.Shape.C), joined.Input("x2", x2.Shape.H, x2.Shape.W, x2.Shape.C)}
	whole := joined.Concat("join", in)
	c.check(Run(c.t, c.e, joined.Finish(joined.Conv3x3("op", unet.Op{In: [2]unet.TensorID{whole}}, out)), w, x1, x2), "y", float32Sums)
}

func (c *layerCase) linear() {
	x := c.input("x")
	w, out := c.weights("op")
	b := unet.NewBuilder()
	in := b.Input("x", 1, 1, x.Shape.C)
	c.check(Run(c.t, c.e, b.Finish(b.Linear("op", in, false, unet.None, b.Vector("y", out), 0, out)), w, x), "y", float32Sums)
}

// pointwise is a 1x1 convolution that changes nothing: what an operation leaves can be read through it.
func pointwise(w Weights, name string, channels int) {
	eye := make([]float32, channels*channels)
	for i := range channels {
		eye[i*channels+i] = 1
	}
	w.Add(name+".weight", []int{1, 1, channels, channels}, eye)
	w.Add(name+".bias", []int{channels}, make([]float32, channels))
}

// groupNorm reads the normalised tensor through a 1x1 convolution with and without SiLU.
func (c *layerCase) groupNorm() {
	x := c.input("x")
	w := Weights{}
	w.Add("norm.weight", []int{x.Shape.C}, c.values("w"))
	w.Add("norm.bias", []int{x.Shape.C}, c.values("b"))
	pointwise(w, "read", x.Shape.C)
	for _, silu := range []bool{false, true} {
		b := unet.NewBuilder()
		in := [2]unet.TensorID{b.Input("x", x.Shape.H, x.Shape.W, x.Shape.C)}
		norm := b.GroupNorm("norm", in, c.f.Int("groups."+c.n), c.f.Float("eps."+c.n), unet.None, 0)
		p := b.Finish(b.Conv1x1("read", unet.Op{In: in, Norm: norm, SiLU: silu}, x.Shape.C))
		c.check(Run(c.t, c.e, p, w, x), map[bool]string{false: "y", true: "ysilu"}[silu], c.normTolerance())
	}
}

// normTolerance follows the reference's README: a mean of 1000 and more leaves float32 input only 1e-3; a spread of 1e-5
// around 1 leaves 2e-4; a constant input must come out as the bias within 1e-4.
func (c *layerCase) normTolerance() goldens.Tolerance {
	switch c.f.Text("input." + c.n) {
	case "mean 1000 std 1", "mean -1000 std 1", "mean 3000 std 0.5":
		return goldens.Tolerance{Abs: 1e-3}
	case "mean 1 std 1e-05":
		return goldens.Tolerance{Abs: 2e-4}
	case "mean 2 std 0":
		return goldens.Tolerance{Abs: 1e-4}
	}
	return float32Sums
}
