package main

import (
	"errors"
	"math"
	"strconv"

	"unnoise/kernels"
	"unnoise/wasm/engine"
	"unnoise/wasm/model"
	"unnoise/wasm/unet"
)

// onnx writes a model's network for n pictures as PyTorch's exporter does (opset 17, float32): group norm as instance norm of a
// reshaped tensor, SiLU as sigmoid and product, attention as two matrix products around a softmax. Inputs x [n,C,H,W] and sinusoid
// [n,D], output eps.
func onnx(m *model.Model, n int) ([]byte, error) {
	g := graph{m: m, plan: m.Plan, n: n, names: map[place]string{}}
	for i, id := range g.plan.Inputs {
		t := g.plan.Tensors[id]
		shape := []int{n, t.C}
		if i == 0 {
			shape = g.shape(id)
		}
		g.out.bytes(11, valueInfo(t.Name, shape))
		g.names[place{id, 0}] = t.Name
	}
	for i := range g.plan.Ops {
		if err := g.op(&g.plan.Ops[i]); err != nil {
			return nil, errors.New(g.plan.Ops[i].Layer + ": " + err.Error())
		}
	}
	id := g.plan.Outputs[0]
	g.named("Identity", "eps", []string{g.name(id)})
	g.out.bytes(12, valueInfo("eps", g.shape(id)))
	g.out.text(2, "unet")
	var model, opset message
	opset.int(2, 17)
	model.int(1, 8)
	model.text(2, "unnoise bench")
	model.bytes(7, g.out)
	model.bytes(8, opset)
	return model, nil
}

// place is a tensor, or where the part of a vector starts that one operation writes.
type place struct {
	id     unet.TensorID
	offset int
}

// graph is a GraphProto being written.
type graph struct {
	m     *model.Model
	plan  *unet.Plan
	n     int // pictures
	out   message
	names map[place]string
	count int
}

func (g *graph) name(id unet.TensorID) string { return g.names[place{id, 0}] }

func (g *graph) shape(id unet.TensorID) []int {
	t := g.plan.Tensors[id]
	return []int{g.n, t.C, t.H, t.W}
}

// node adds an operation and gives the name of its output. attributes are keys and values in turn.
func (g *graph) node(op string, inputs []string, attributes ...any) string {
	g.count++
	name := op + strconv.Itoa(g.count)
	g.named(op, name, inputs, attributes...)
	return name
}

func (g *graph) named(op, output string, inputs []string, attributes ...any) {
	var n message
	for _, in := range inputs {
		n.text(1, in)
	}
	n.text(2, output)
	n.text(4, op)
	for i := 0; i < len(attributes); i += 2 {
		n.bytes(5, attribute(attributes[i].(string), attributes[i+1]))
	}
	g.out.bytes(1, n)
}

func (g *graph) floats(shape []int, values []float32) string {
	g.count++
	name := "w" + strconv.Itoa(g.count)
	g.out.bytes(5, floatTensor(name, shape, values))
	return name
}

func (g *graph) ints(values ...int) string {
	g.count++
	name := "i" + strconv.Itoa(g.count)
	g.out.bytes(5, intTensor(name, values))
	return name
}

func (g *graph) reshape(in string, shape ...int) string {
	return g.node("Reshape", []string{in, g.ints(shape...)})
}

func (g *graph) vector(name string) ([]float32, error) {
	t, err := g.m.Tensor(name)
	if err != nil {
		return nil, err
	}
	return t.Float32s()
}

// matrix is a weight in float32, each output channel (the last axis) multiplied by its scale.
func (g *graph) matrix(name string) ([]float32, error) {
	for _, w := range g.plan.Weights {
		if w.Name != name {
			continue
		}
		t, scale, err := engine.FetchMatrix(g.m, w)
		if err != nil {
			return nil, err
		}
		v, err := t.Float32s()
		for i := range v {
			if scale != nil {
				v[i] *= scale[i%len(scale)]
			}
		}
		return v, err
	}
	return nil, errors.New("no weight " + name)
}

// layer is a layer's weight, by the reader that suits it, and its bias.
func (g *graph) layer(name string, read func(string) ([]float32, error)) (weight, bias []float32, err error) {
	if weight, err = read(name + ".weight"); err != nil {
		return nil, nil, err
	}
	bias, err = g.vector(name + ".bias")
	return weight, bias, err
}

// op adds one operation of the plan.
func (g *graph) op(op *unet.Op) error {
	switch op.Kernel {
	case kernels.Linear:
		return g.linear(op)
	case kernels.GroupNorm:
		return g.norm(op)
	case kernels.Conv3x3:
		return g.conv(op, 3)
	case kernels.Conv1x1:
		return g.conv(op, 1)
	case kernels.Attention:
		g.attention(op)
		return nil
	}
	return errors.New("no form in ONNX for " + string(op.Kernel))
}

func (g *graph) silu(in string) string {
	return g.node("Mul", []string{in, g.node("Sigmoid", []string{in})})
}

func (g *graph) linear(op *unet.Op) error {
	w, b, err := g.layer(op.Weight, g.matrix)
	if err != nil {
		return err
	}
	in := g.name(op.In[0])
	if op.SiLU {
		in = g.silu(in)
	}
	h := g.node("Gemm", []string{in, g.floats([]int{len(w) / len(b), len(b)}, w), g.floats([]int{len(b)}, b)})
	g.names[place{op.Out, op.OutOffset}] = h
	return nil
}

// joined is an operation's input as one tensor.
func (g *graph) joined(op *unet.Op) string {
	if op.In[1] == unet.None {
		return g.name(op.In[0])
	}
	return g.node("Concat", []string{g.name(op.In[0]), g.name(op.In[1])}, "axis", 1)
}

// norm adds the normalised tensor, which convolutions take by the name of the statistics.
func (g *graph) norm(op *unet.Op) error {
	if op.Time != unet.None {
		return errors.New("no form in ONNX for a norm scaled by the time embedding")
	}
	t, c := g.plan.Tensors[op.In[0]], g.plan.Channels(op)
	gain, bias, err := g.layer(op.Weight, g.vector)
	if err != nil {
		return err
	}
	ones, zeros := make([]float32, op.Groups), make([]float32, op.Groups)
	for i := range ones {
		ones[i] = 1
	}
	grouped := g.reshape(g.joined(op), g.n, op.Groups, -1)
	h := g.node("InstanceNormalization", []string{grouped, g.floats([]int{op.Groups}, ones), g.floats([]int{op.Groups}, zeros)}, "epsilon", op.Eps)
	h = g.reshape(h, g.n, c, t.H, t.W)
	h = g.node("Mul", []string{h, g.floats([]int{c, 1, 1}, gain)})
	g.names[place{op.Out, 0}] = g.node("Add", []string{h, g.floats([]int{c, 1, 1}, bias)})
	return nil
}

func (g *graph) conv(op *unet.Op, size int) error {
	h := g.name(op.Norm)
	if op.Norm == unet.None {
		h = g.joined(op)
	}
	if op.SiLU {
		h = g.silu(h)
	}
	if op.Up {
		h = g.node("Resize", []string{h, "", g.floats([]int{4}, []float32{1, 1, 2, 2})}, "mode", "nearest", "coordinate_transformation_mode", "asymmetric", "nearest_mode", "floor")
	}
	w, b, err := g.layer(op.Weight, g.matrix)
	if err != nil {
		return err
	}
	cout, cin := len(b), g.plan.Channels(op)
	pads := []int{size / 2, size / 2, size / 2, size / 2}
	if op.Pad == kernels.PadRightBottom {
		pads = []int{0, 0, 1, 1}
	}
	h = g.node("Conv", []string{h, g.floats([]int{cout, cin, size, size}, outFirst(w, cin, cout)), g.floats([]int{cout}, b)},
		"kernel_shape", []int{size, size}, "pads", pads, "strides", []int{op.Stride, op.Stride})
	if op.Time != unet.None {
		h = g.node("Add", []string{h, g.reshape(g.names[place{op.Time, op.TimeOffset}], g.n, cout, 1, 1)})
	}
	if op.Residual != unet.None {
		h = g.node("Add", []string{h, g.name(op.Residual)})
	}
	if op.Mul != 1 {
		h = g.node("Mul", []string{h, g.floats([]int{1}, []float32{op.Mul})})
	}
	g.names[place{op.Out, 0}] = h
	return nil
}

// outFirst turns [taps][Cin][Cout] into [Cout][Cin][taps].
func outFirst(w []float32, cin, cout int) []float32 {
	taps := len(w) / (cin * cout)
	out := make([]float32, len(w))
	for i, v := range w {
		tap, in, o := i/(cin*cout), i/cout%cin, i%cout
		out[(o*cin+in)*taps+tap] = v
	}
	return out
}

func (g *graph) attention(op *unet.Op) {
	t := g.plan.Tensors[op.Out]
	pixels, width := t.H*t.W, t.C/op.Heads
	part := func(i int) string {
		from, to := g.ints(i*t.C), g.ints((i+1)*t.C)
		return g.reshape(g.node("Slice", []string{g.name(op.In[0]), from, to, g.ints(1)}), g.n*op.Heads, width, pixels)
	}
	turned := func(in string) string { return g.node("Transpose", []string{in}, "perm", []int{0, 2, 1}) }
	logits := g.node("MatMul", []string{turned(part(0)), part(1)})
	logits = g.node("Mul", []string{logits, g.floats([]int{1}, []float32{float32(1 / math.Sqrt(float64(width)))})})
	mixed := g.node("MatMul", []string{g.node("Softmax", []string{logits}, "axis", -1), turned(part(2))})
	g.names[place{op.Out, 0}] = g.reshape(turned(mixed), g.n, t.C, t.H, t.W)
}
