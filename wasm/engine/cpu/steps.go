package cpu

import (
	"unnoise/kernels"
	"unnoise/wasm/unet"
)

// steps says how each kernel of a plan is run.
var steps = map[kernels.Kernel]func(*program, *unet.Op){
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

func (p *program) shape(id unet.TensorID) unet.Tensor { return p.plan.Tensors[id] }

// from is a vector tensor's data from a channel on; nil for None.
func (p *program) from(id unet.TensorID, offset int) []float32 {
	if id == unet.None {
		return nil
	}
	return p.data[id][offset:]
}

func (p *program) linear(op *unet.Op) {
	m, bias := p.weights[op.Weight+".weight"], p.vectors[op.Weight+".bias"]
	a := &kernels.LinearArgs{N: p.batch, Cin: p.shape(op.In[0]).C, Cout: len(bias), In: p.data[op.In[0]], SiLU: op.SiLU,
		Weight: m.weight, Scale: m.scale, Bias: bias, Residual: p.data[op.Residual],
		Out: p.from(op.Out, op.OutOffset), OutStride: p.shape(op.Out).C}
	if p.e.plain {
		kernels.PlainLinear(a)
		return
	}
	p.e.runner.Linear(a, m.panels)
}

func (p *program) groupNorm(op *unet.Op) {
	in := p.shape(op.In[0])
	a := &kernels.GroupNormArgs{N: p.batch, H: in.H, W: in.W, In: p.inputs(op), C: p.channels(op), Groups: op.Groups, Eps: op.Eps,
		Gain: p.vectors[op.Weight+".weight"], Bias: p.vectors[op.Weight+".bias"],
		Film: p.from(op.Time, op.TimeOffset), FilmStride: p.shape(op.Time).C, Out: p.data[op.Out]}
	if p.e.plain {
		kernels.PlainGroupNorm(a)
		return
	}
	p.e.runner.GroupNorm(a)
}

func (p *program) inputs(op *unet.Op) [2][]float32 {
	return [2][]float32{p.data[op.In[0]], p.data[op.In[1]]}
}

func (p *program) channels(op *unet.Op) [2]int {
	return [2]int{p.shape(op.In[0]).C, p.shape(op.In[1]).C}
}

func (p *program) conv(op *unet.Op) (*kernels.ConvArgs, *kernels.Panels) {
	in, m := p.shape(op.In[0]), p.weights[op.Weight+".weight"]
	return &kernels.ConvArgs{N: p.batch, H: in.H, W: in.W, In: p.inputs(op), C: p.channels(op), Norm: p.data[op.Norm],
		SiLU: op.SiLU, Up: op.Up, Stride: op.Stride, Pad: op.Pad, Cout: p.shape(op.Out).C,
		Weight: m.weight, Scale: m.scale, Bias: p.vectors[op.Weight+".bias"],
		Time: p.from(op.Time, op.TimeOffset), TimeStride: p.shape(op.Time).C,
		Residual: p.data[op.Residual], Mul: op.Mul, Out: p.data[op.Out]}, m.panels
}

func (p *program) conv3x3(op *unet.Op) {
	a, panels := p.conv(op)
	if p.e.plain {
		kernels.PlainConv3x3(a)
		return
	}
	p.e.runner.Conv3x3(a, panels)
}

func (p *program) conv1x1(op *unet.Op) {
	a, panels := p.conv(op)
	if p.e.plain {
		kernels.PlainConv1x1(a)
		return
	}
	p.e.runner.Conv1x1(a, panels)
}

func (p *program) attention(op *unet.Op) {
	out := p.shape(op.Out)
	a := &kernels.AttentionArgs{N: p.batch, P: out.H * out.W, C: out.C, Heads: op.Heads, QKV: p.data[op.In[0]], Out: p.data[op.Out]}
	if p.e.plain {
		kernels.PlainAttention(a)
		return
	}
	p.e.runner.Attention(a)
}

func (p *program) pool(op *unet.Op) *kernels.PoolArgs {
	in := p.shape(op.In[0])
	return &kernels.PoolArgs{N: p.batch, H: in.H, W: in.W, C: in.C, In: p.data[op.In[0]], Norm: p.data[op.Norm], SiLU: op.SiLU, Out: p.data[op.Out]}
}

func (p *program) avgPool2(op *unet.Op) { kernels.PlainAvgPool2(p.pool(op)) }

func (p *program) upsample(op *unet.Op) { kernels.PlainUpsample(p.pool(op)) }

func (p *program) concat(op *unet.Op) {
	c := p.channels(op)
	kernels.PlainConcat(p.data[op.Out], p.data[op.In[0]], p.data[op.In[1]], c[0], c[1])
}

func (p *program) combine(op *unet.Op) {
	kernels.PlainCombine(p.data[op.Out], 1, op.Const, 0, []kernels.CombineTerm{{Coef: op.Coef, In: p.data[op.In[0]], C: 1}})
}
