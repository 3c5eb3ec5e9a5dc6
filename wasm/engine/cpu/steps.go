package cpu

import (
	"unnoise/kernels"
	"unnoise/wasm/unet"
)

// operation is an operation of a plan with what it needs, so that a run makes nothing anew.
type operation struct {
	*unet.Op
	run          func(*program, *operation)
	region       func(*operation) kernels.Region // nil for one that is not shared
	part         kernels.Part                    // what this worker does of it
	macs         int64                           // multiplications for a sample
	matrix       matrix
	gain, vector []float32 // a norm's gain; the bias

	linear    kernels.LinearArgs
	norm      kernels.GroupNormArgs
	conv      kernels.ConvArgs
	attention kernels.AttentionArgs
	pool      kernels.PoolArgs
}

// steps says how each kernel of a plan is run.
var steps = map[kernels.Kernel]func(*program, *operation){
	kernels.Linear:    (*program).linear,
	kernels.GroupNorm: (*program).groupNorm,
	kernels.Conv3x3:   (*program).conv3x3,
	kernels.Conv1x1:   (*program).conv1x1,
	kernels.Attention: (*program).attention,
	kernels.AvgPool2:  (*program).avgPool2,
	kernels.Upsample:  (*program).upsample,
	kernels.Concat:    (*program).concat,
	kernels.Combine:   (*program).combine,
}

func operations(plan *unet.Plan) []operation {
	list := make([]operation, len(plan.Ops))
	for i := range list {
		op := &plan.Ops[i]
		list[i] = operation{Op: op, run: steps[op.Kernel], macs: plan.OpMACs(op)}
		if list[i].macs >= sharedMACs {
			list[i].region = regions[op.Kernel]
		}
	}
	return list
}

// equip gives an operation its weights.
func (p *program) equip(o *operation) {
	if o.Weight == "" {
		return
	}
	o.vector = p.vectors[o.Weight+".bias"]
	if o.Kernel == kernels.GroupNorm {
		o.gain = p.vectors[o.Weight+".weight"]
		return
	}
	o.matrix = p.weights[o.Weight+".weight"]
}

func (p *program) shape(id unet.TensorID) *unet.Tensor { return &p.plan.Tensors[id] }

// from is a vector tensor's data from a channel on; nil for None.
func (p *program) from(id unet.TensorID, offset int) []float32 {
	if id == unet.None {
		return nil
	}
	return p.data[id][offset:]
}

func (p *program) linear(o *operation) {
	o.linear = kernels.LinearArgs{N: p.batch, Cin: p.shape(o.In[0]).C, Cout: len(o.vector), In: p.data[o.In[0]], SiLU: o.SiLU,
		Weight: o.matrix.weight, Scale: o.matrix.scale, Bias: o.vector, Residual: p.data[o.Residual],
		Out: p.from(o.Out, o.OutOffset), OutStride: p.shape(o.Out).C}
	if p.e.plain {
		kernels.PlainLinear(&o.linear)
		return
	}
	p.e.runner.Linear(&o.linear, o.matrix.panels)
}

func (p *program) groupNorm(o *operation) {
	in := p.shape(o.In[0])
	o.norm = kernels.GroupNormArgs{N: p.batch, H: in.H, W: in.W, In: p.inputs(o), C: p.channels(o), Groups: o.Groups, Eps: o.Eps,
		Gain: o.gain, Bias: o.vector,
		Film: p.from(o.Time, o.TimeOffset), FilmStride: p.shape(o.Time).C, Out: p.data[o.Out]}
	if p.e.plain {
		kernels.PlainGroupNorm(&o.norm)
		return
	}
	p.e.runner.GroupNorm(&o.norm)
}

func (p *program) inputs(o *operation) [2][]float32 {
	return [2][]float32{p.data[o.In[0]], p.data[o.In[1]]}
}

func (p *program) channels(o *operation) [2]int {
	return [2]int{p.shape(o.In[0]).C, p.shape(o.In[1]).C}
}

func (p *program) convArgs(o *operation) *kernels.ConvArgs {
	in := p.shape(o.In[0])
	o.conv = kernels.ConvArgs{N: p.batch, H: in.H, W: in.W, In: p.inputs(o), C: p.channels(o), Norm: p.data[o.Norm],
		SiLU: o.SiLU, Up: o.Up, Stride: o.Stride, Pad: o.Pad, Cout: p.shape(o.Out).C,
		Weight: o.matrix.weight, Scale: o.matrix.scale, Bias: o.vector,
		Time: p.from(o.Time, o.TimeOffset), TimeStride: p.shape(o.Time).C,
		Residual: p.data[o.Residual], Mul: o.Mul, Out: p.data[o.Out], Part: o.part}
	return &o.conv
}

func (p *program) conv3x3(o *operation) {
	a := p.convArgs(o)
	if p.e.plain {
		kernels.PlainConv3x3(a)
		return
	}
	p.e.runner.Conv3x3(a, o.matrix.panels)
}

func (p *program) conv1x1(o *operation) {
	a := p.convArgs(o)
	if p.e.plain {
		kernels.PlainConv1x1(a)
		return
	}
	p.e.runner.Conv1x1(a, o.matrix.panels)
}

func (p *program) attention(o *operation) {
	out := p.shape(o.Out)
	o.attention = kernels.AttentionArgs{N: p.batch, P: out.H * out.W, C: out.C, Heads: o.Heads, QKV: p.data[o.In[0]], Out: p.data[o.Out], Part: o.part}
	if p.e.plain {
		kernels.PlainAttention(&o.attention)
		return
	}
	p.e.runner.Attention(&o.attention)
}

func (p *program) poolArgs(o *operation) *kernels.PoolArgs {
	in := p.shape(o.In[0])
	o.pool = kernels.PoolArgs{N: p.batch, H: in.H, W: in.W, C: in.C, In: p.data[o.In[0]], Norm: p.data[o.Norm], SiLU: o.SiLU, Out: p.data[o.Out]}
	return &o.pool
}

func (p *program) avgPool2(o *operation) { kernels.PlainAvgPool2(p.poolArgs(o)) }

func (p *program) upsample(o *operation) { kernels.PlainUpsample(p.poolArgs(o)) }

func (p *program) concat(o *operation) {
	c := p.channels(o)
	kernels.PlainConcat(p.data[o.Out], p.data[o.In[0]], p.data[o.In[1]], c[0], c[1])
}

func (p *program) combine(o *operation) {
	p.e.combine(p.data[o.Out], 1, o.Const, 0, []kernels.CombineTerm{{Coef: o.Coef, In: p.data[o.In[0]], C: 1}})
}
