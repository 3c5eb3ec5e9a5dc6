package unet

import "unnoise/kernels"

// TensorID is a tensor of a plan: an index of Plan.Tensors.
type TensorID int

// None is the absent tensor. Plan.Tensors[None] is a placeholder.
const None TensorID = 0

// Tensor is the per-sample shape of an activation (H, W, C) or a vector (1, 1, C).
type Tensor struct {
	Name    string
	H, W, C int
	// Slot is the buffer the tensor lives in while it is needed: an index of Plan.Slots; -1 for inputs and outputs,
	// which the caller owns.
	Slot int
}

// Len is the number of elements of one sample.
func (t Tensor) Len() int { return t.H * t.W * t.C }

// Op is one operation of a plan. Fields that a kernel does not use are zero.
type Op struct {
	Kernel kernels.Kernel
	Layer  string // the layer and part, for messages: "down.0.res.0.conv1"
	// In holds the inputs; a second one is joined behind the first along the channels.
	// Attention reads q, k and v from one tensor of 3C channels.
	In [2]TensorID
	// Norm is the output of a GroupNorm over In: mean, scale and shift per channel, applied as (x-mean)*scale+shift.
	Norm TensorID
	// SiLU is applied to the (normalised) input: convolutions, AvgPool2, Linear.
	SiLU bool
	// Stride, Pad and Up belong to Conv3x3. Up reads the input at twice its size (nearest).
	Stride int
	Pad    kernels.Pad
	Up     bool
	// Weight is the weights' name without its last part: Weight+".weight", Weight+".bias", and Weight+".scale" where
	// the pack has one. For GroupNorm gain and bias.
	Weight string
	// Time is a vector: per output channel it is added to a convolution's result; for GroupNorm, C values scale and C
	// values shift follow each other from TimeOffset (FiLM).
	Time       TensorID
	TimeOffset int
	// Residual is added to the result, which is then multiplied by Mul. For Linear it is a vector.
	Residual TensorID
	Mul      float32
	Groups   int
	Eps      float32
	Heads    int
	// Coef and Const: Combine computes Coef*In[0] + Const.
	Coef, Const float32
	Out         TensorID
	// OutOffset is the first channel written; only Linear writes part of a vector.
	OutOffset int
}

// WeightSpec is a weight tensor a plan needs.
type WeightSpec struct {
	Name  string
	Shape []int
	// Matrix is true for weights kept in float16, false for vectors kept in float32.
	Matrix bool
	// Scales is the name of the optional per-output-channel scale, "" where there can be none.
	Scales string
}

// Plan is a network lowered to an ordered list of operations.
type Plan struct {
	// Inputs and Outputs are the caller's tensors. A plan compiled from a Network has the inputs x, sinusoid and, for
	// class models, the class rows; its output is the network's prediction.
	Inputs, Outputs []TensorID
	Tensors         []Tensor
	Ops             []Op
	// Slots are the sizes, in elements of one sample, of the buffers that hold everything else.
	Slots   []int
	Weights []WeightSpec
}

// Channels is the number of input channels of op: both parts together.
func (p *Plan) Channels(op *Op) int {
	c := p.Tensors[op.In[0]].C
	if op.In[1] != None {
		c += p.Tensors[op.In[1]].C
	}
	return c
}

// MACs counts the multiplications of one sample: convolutions, linear layers and attention products.
func (p *Plan) MACs() int64 {
	var sum int64
	for i := range p.Ops {
		sum += p.OpMACs(&p.Ops[i])
	}
	return sum
}

// OpMACs counts the multiplications of one operation for one sample.
func (p *Plan) OpMACs(op *Op) int64 {
	out, in := p.Tensors[op.Out], int64(p.Channels(op))
	pixels := int64(out.H * out.W)
	switch op.Kernel {
	case kernels.Conv3x3:
		return 9 * pixels * in * int64(out.C)
	case kernels.Conv1x1:
		return pixels * in * int64(out.C)
	case kernels.Linear:
		return in * int64(p.outChannels(op))
	case kernels.Attention:
		return 2 * pixels * pixels * int64(out.C)
	}
	return 0
}

// Written is the part of its output's channels that an operation writes: all, but for a Linear of several that fill a vector.
func (p *Plan) Written(op *Op) (first, channels int) {
	if op.Kernel == kernels.Linear {
		return op.OutOffset, p.outChannels(op)
	}
	return 0, p.Tensors[op.Out].C
}

func (p *Plan) outChannels(op *Op) int {
	for _, w := range p.Weights {
		if w.Name == op.Weight+".weight" {
			return w.Shape[len(w.Shape)-1]
		}
	}
	return p.Tensors[op.Out].C
}

// assignSlots lets tensors whose lifetimes do not overlap share a buffer: in order of the operations, each output takes
// the free buffer that fits best, and a buffer is free after the last operation that reads it.
func (p *Plan) assignSlots() {
	last := make([]int, len(p.Tensors))
	for i := range p.Ops {
		for _, id := range p.Ops[i].reads() {
			last[id] = i
		}
	}
	for i := range p.Tensors {
		p.Tensors[i].Slot = -1
	}
	external := map[TensorID]bool{None: true}
	for _, id := range p.Inputs {
		external[id] = true
	}
	for _, id := range p.Outputs {
		external[id] = true
	}
	var free []int
	for i := range p.Ops {
		out := p.Ops[i].Out
		if !external[out] && p.Tensors[out].Slot < 0 {
			p.Tensors[out].Slot = p.takeSlot(&free, p.Tensors[out].Len())
		}
		for _, id := range append(p.Ops[i].reads(), out) {
			if !external[id] && last[id] <= i && !contains(free, p.Tensors[id].Slot) {
				free = append(free, p.Tensors[id].Slot)
			}
		}
	}
}

// takeSlot removes the best fitting slot from free, growing the largest where none is big enough, or makes a new one.
func (p *Plan) takeSlot(free *[]int, size int) int {
	best := -1
	for i, s := range *free {
		if best < 0 || better(p.Slots[s], p.Slots[(*free)[best]], size) {
			best = i
		}
	}
	if best < 0 {
		p.Slots = append(p.Slots, size)
		return len(p.Slots) - 1
	}
	s := (*free)[best]
	*free = append((*free)[:best], (*free)[best+1:]...)
	p.Slots[s] = max(p.Slots[s], size)
	return s
}

// better says whether a slot of a elements suits size better than one of b.
func better(a, b, size int) bool {
	if (a >= size) != (b >= size) {
		return a >= size
	}
	return (a >= size) == (a < b)
}

func contains(list []int, v int) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

func (op *Op) reads() []TensorID {
	return []TensorID{op.In[0], op.In[1], op.Norm, op.Time, op.Residual}
}
