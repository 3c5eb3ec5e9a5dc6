package unet

import "unnoise/kernels"

// Builder makes a plan one operation at a time. Each method appends an operation and returns the tensor it writes.
// Shapes are computed here; whether they make sense is the caller's concern (Compile checks networks before).
type Builder struct{ p Plan }

// NewBuilder starts an empty plan.
func NewBuilder() *Builder {
	return &Builder{Plan{Tensors: []Tensor{{Name: "none"}}}}
}

// Input adds a tensor that the caller provides.
func (b *Builder) Input(name string, h, w, c int) TensorID {
	id := b.tensor(name, h, w, c)
	b.p.Inputs = append(b.p.Inputs, id)
	return id
}

// Vector makes a vector of c values that Linear operations fill by slices.
func (b *Builder) Vector(name string, c int) TensorID { return b.tensor(name, 1, 1, c) }

// Finish marks the outputs, assigns buffers and returns the plan.
func (b *Builder) Finish(outputs ...TensorID) *Plan {
	b.p.Outputs = outputs
	b.p.assignSlots()
	return &b.p
}

func (b *Builder) tensor(name string, h, w, c int) TensorID {
	b.p.Tensors = append(b.p.Tensors, Tensor{Name: name, H: h, W: w, C: c, Slot: -1})
	return TensorID(len(b.p.Tensors) - 1)
}

func (b *Builder) emit(op Op) TensorID {
	b.p.Ops = append(b.p.Ops, op)
	return op.Out
}

func (b *Builder) at(id TensorID) Tensor { return b.p.Tensors[id] }

// Linear adds out[offset:] = act(in) W + bias + residual, all vectors; act is SiLU or nothing.
func (b *Builder) Linear(name string, in TensorID, silu bool, residual, out TensorID, offset, channels int) TensorID {
	b.matrix(name, b.at(in).C, channels)
	return b.emit(Op{Kernel: kernels.Linear, Layer: name, In: [2]TensorID{in}, SiLU: silu, Weight: name, Residual: residual, Mul: 1, Out: out, OutOffset: offset})
}

// GroupNorm adds the statistics of in (two parts are one tensor) folded with gain and bias; film, where given, scales
// and shifts by 2C values from offset.
func (b *Builder) GroupNorm(name string, in [2]TensorID, groups int, eps float64, film TensorID, offset int) TensorID {
	c := b.channels(in)
	b.vectors(name, c)
	out := b.tensor(name, 1, 3, c)
	return b.emit(Op{Kernel: kernels.GroupNorm, Layer: name, In: in, Groups: groups, Eps: float32(eps), Weight: name, Time: film, TimeOffset: offset, Out: out})
}

// Conv3x3 adds a 3x3 convolution to out channels. op carries what surrounds it (In, Norm, SiLU, Stride, Pad, Up, Time, Residual, Mul);
// Stride 0 and Mul 0 mean 1.
func (b *Builder) Conv3x3(name string, op Op, channels int) TensorID {
	op.Kernel = kernels.Conv3x3
	b.matrix(name, 3, 3, b.channels(op.In), channels)
	in := b.at(op.In[0])
	if op.Stride == 0 {
		op.Stride = 1
	}
	h, w := in.H, in.W
	if op.Up {
		h, w = 2*h, 2*w
	}
	return b.conv(name, op, kernels.ConvSize(h, op.Stride, op.Pad), kernels.ConvSize(w, op.Stride, op.Pad), channels)
}

// Conv1x1 adds a 1x1 convolution to out channels; op as for Conv3x3.
func (b *Builder) Conv1x1(name string, op Op, channels int) TensorID {
	op.Kernel, op.Stride = kernels.Conv1x1, 1
	b.matrix(name, 1, 1, b.channels(op.In), channels)
	in := b.at(op.In[0])
	return b.conv(name, op, in.H, in.W, channels)
}

func (b *Builder) conv(name string, op Op, h, w, channels int) TensorID {
	op.Layer, op.Weight = name, name
	if op.Mul == 0 {
		op.Mul = 1
	}
	op.Out = b.tensor(name, h, w, channels)
	return b.emit(op)
}

// Attention adds softmax(q k^T / sqrt(C/heads)) v for a tensor that holds q, k and v behind each other (3C channels).
func (b *Builder) Attention(name string, qkv TensorID, heads int) TensorID {
	in := b.at(qkv)
	out := b.tensor(name, in.H, in.W, in.C/3)
	return b.emit(Op{Kernel: kernels.Attention, Layer: name, In: [2]TensorID{qkv}, Heads: heads, Out: out})
}

// AvgPool2 adds the 2x2 mean of act(norm(in)); an odd last row or column is dropped.
func (b *Builder) AvgPool2(name string, in, norm TensorID, silu bool) TensorID {
	t := b.at(in)
	out := b.tensor(name, t.H/2, t.W/2, t.C)
	return b.emit(Op{Kernel: kernels.AvgPool2, Layer: name, In: [2]TensorID{in}, Norm: norm, SiLU: silu, Out: out})
}

// Upsample adds nearest neighbour to twice the size.
func (b *Builder) Upsample(name string, in TensorID) TensorID {
	t := b.at(in)
	out := b.tensor(name, 2*t.H, 2*t.W, t.C)
	return b.emit(Op{Kernel: kernels.Upsample, Layer: name, In: [2]TensorID{in}, Out: out})
}

// Concat adds a copy of both parts joined along the channels.
func (b *Builder) Concat(name string, in [2]TensorID) TensorID {
	t := b.at(in[0])
	out := b.tensor(name, t.H, t.W, b.channels(in))
	return b.emit(Op{Kernel: kernels.Concat, Layer: name, In: in, Out: out})
}

// Combine adds coef*in + constant.
func (b *Builder) Combine(name string, in TensorID, coef, constant float32) TensorID {
	t := b.at(in)
	out := b.tensor(name, t.H, t.W, t.C)
	return b.emit(Op{Kernel: kernels.Combine, Layer: name, In: [2]TensorID{in}, Coef: coef, Const: constant, Out: out})
}

func (b *Builder) channels(in [2]TensorID) int {
	c := b.at(in[0]).C
	if in[1] != None {
		c += b.at(in[1]).C
	}
	return c
}

// matrix declares a weight with its bias and optional scales; shape ends in the output channels.
func (b *Builder) matrix(name string, shape ...int) {
	out := shape[len(shape)-1]
	b.p.Weights = append(b.p.Weights,
		WeightSpec{Name: name + ".weight", Shape: shape, Matrix: true, Scales: name + ".scale"},
		WeightSpec{Name: name + ".bias", Shape: []int{out}})
}

func (b *Builder) vectors(name string, c int) {
	b.p.Weights = append(b.p.Weights,
		WeightSpec{Name: name + ".weight", Shape: []int{c}},
		WeightSpec{Name: name + ".bias", Shape: []int{c}})
}
