package selftest

import (
	"context"

	"unnoise/kernels"
	"unnoise/wasm/engine"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// batch is two, so that strides between samples are tried.
const batch = 2

// planCase is a plan of few operations with its weights.
type planCase struct {
	name string
	plan *unet.Plan
	src  source
}

// cases are the operations of a plan: each through the same pipeline that the network uses, on sizes that are no multiple of any tile.
func cases() []planCase {
	var list []planCase
	add := func(name string, half bool, build func(b *unet.Builder) unet.TensorID) {
		b := unet.NewBuilder()
		p := b.Finish(build(b))
		list = append(list, planCase{name, p, weightsOf(p, half)})
	}
	one := func(id unet.TensorID) [2]unet.TensorID { return [2]unet.TensorID{id} }
	add("linear", true, func(b *unet.Builder) unet.TensorID {
		return b.Linear("op", b.Input("x", 1, 1, 20), true, unet.None, b.Vector("y", 13), 0, 13)
	})
	add("groupnorm", true, func(b *unet.Builder) unet.TensorID {
		x := b.Input("x", 5, 7, 12)
		film := b.Input("film", 1, 1, 24)
		norm := b.GroupNorm("norm", one(x), 4, 1e-5, film, 0)
		return b.Conv1x1("op", unet.Op{In: one(x), Norm: norm}, 12)
	})
	add("conv3x3", true, func(b *unet.Builder) unet.TensorID {
		in := [2]unet.TensorID{b.Input("x", 9, 7, 5), b.Input("x2", 9, 7, 3)}
		time, residual := b.Input("t", 1, 1, 18), b.Input("r", 9, 7, 18)
		norm := b.GroupNorm("norm", in, 2, 1e-6, unet.None, 0)
		return b.Conv3x3("op", unet.Op{In: in, Norm: norm, SiLU: true, Time: time, Residual: residual, Mul: 0.5}, 18)
	})
	add("conv3x3 float32", false, func(b *unet.Builder) unet.TensorID {
		return b.Conv3x3("op", unet.Op{In: one(b.Input("x", 4, 5, 6))}, 3)
	})
	add("conv3x3 stride 2", true, func(b *unet.Builder) unet.TensorID {
		return b.Conv3x3("op", unet.Op{In: one(b.Input("x", 8, 6, 6)), Stride: 2, Pad: kernels.PadSame}, 7)
	})
	add("conv3x3 stride 2 right/bottom", true, func(b *unet.Builder) unet.TensorID {
		return b.Conv3x3("op", unet.Op{In: one(b.Input("x", 8, 6, 6)), Stride: 2, Pad: kernels.PadRightBottom}, 7)
	})
	add("conv3x3 upsampled", true, func(b *unet.Builder) unet.TensorID {
		return b.Conv3x3("op", unet.Op{In: one(b.Input("x", 3, 5, 6)), Up: true}, 7)
	})
	add("conv1x1", true, func(b *unet.Builder) unet.TensorID {
		in := [2]unet.TensorID{b.Input("x", 3, 7, 5), b.Input("x2", 3, 7, 4)}
		return b.Conv1x1("op", unet.Op{In: in, SiLU: true}, 11)
	})
	add("attention", true, func(b *unet.Builder) unet.TensorID {
		return b.Attention("op", b.Input("qkv", 7, 7, 3*18), 3)
	})
	add("avgpool2", true, func(b *unet.Builder) unet.TensorID {
		x := b.Input("x", 5, 6, 4)
		return b.AvgPool2("op", x, b.GroupNorm("norm", one(x), 2, 1e-5, unet.None, 0), true)
	})
	add("upsample", true, func(b *unet.Builder) unet.TensorID { return b.Upsample("op", b.Input("x", 3, 2, 5)) })
	add("concat", true, func(b *unet.Builder) unet.TensorID {
		return b.Concat("op", [2]unet.TensorID{b.Input("x", 3, 4, 5), b.Input("y", 3, 4, 2)})
	})
	return list
}

func halved(name string, shape []int, v []float32) weights.Tensor {
	bits := make([]uint16, len(v))
	for i, x := range v {
		bits[i] = kernels.FloatToHalf(x)
	}
	return weights.FromHalves(name, shape, bits)
}

func (c planCase) run(ctx context.Context, e engine.Engine) ([]float32, error) {
	program, err := e.Load(ctx, c.plan, c.src)
	if err != nil {
		return nil, err
	}
	defer program.Release()
	var inputs []engine.Tensor
	for i, id := range c.plan.Inputs {
		t := c.plan.Tensors[id]
		x, err := filled(e, engine.Shape{N: batch, C: t.C, H: t.H, W: t.W}, i+1)
		if err != nil {
			return nil, err
		}
		defer x.Release()
		inputs = append(inputs, x)
	}
	o := c.plan.Tensors[c.plan.Outputs[0]]
	out, err := e.NewTensor(engine.Shape{N: batch, C: o.C, H: o.H, W: o.W})
	if err != nil {
		return nil, err
	}
	defer out.Release()
	if err := program.Run(ctx, []engine.Tensor{out}, inputs); err != nil {
		return nil, err
	}
	return values(ctx, out)
}

// filled makes a tensor of deterministic values.
func filled(e engine.Engine, s engine.Shape, seed int) (engine.Tensor, error) {
	t, err := e.NewTensor(s)
	if err != nil {
		return nil, err
	}
	return t, t.Write(data(s.Len(), seed))
}

func values(ctx context.Context, t engine.Tensor) ([]float32, error) {
	v := make([]float32, t.Shape().Len())
	return v, t.Read(ctx, v)
}
