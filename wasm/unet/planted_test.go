//go:build !js

// Not in browsers: what is tested here is the references and the lowering, which are the same there, and it takes long.

package unet_test

import (
	"math"
	"strings"

	"unnoise/kernels"
	"unnoise/wasm/unet"
)

// faults say how each mistake of the references' table is made.
var faults = map[string]func(*faulty){
	"stride-2 padding right/bottom <-> symmetric": func(f *faulty) {
		f.each(unet.Down, func(l *unet.Layer) {
			l.Mode = map[unet.Mode]unet.Mode{unet.ConvSame: unet.ConvRightBottom, unet.ConvRightBottom: unet.ConvSame}[l.Mode]
		})
	},
	"sin and cos halves exchanged":                           func(f *faulty) { f.net.Time.CosFirst = !f.net.Time.CosFirst },
	"freq_shift 0 <-> 1":                                     func(f *faulty) { f.net.Time.FreqShift = 1 - f.net.Time.FreqShift },
	"t off by one":                                           func(f *faulty) { f.shift = 1 },
	"one head <-> head_dim 8":                                func(f *faulty) { f.each(unet.Attn, exchangeHeads) },
	"absent attention_head_dim read as null":                 func(f *faulty) { f.each(unet.Attn, func(l *unet.Layer) { l.Heads = 1 }) },
	"channel c to head c mod n instead of contiguous slices": func(f *faulty) { f.each(unet.Attn, f.interleaveHeads) },
	"logits scaled by sqrt(C) instead of sqrt(head_dim)": func(f *faulty) {
		f.each(unet.Attn, func(l *unet.Layer) { f.scaleQueries(l, math.Sqrt(1/float64(l.Heads))) })
	},
	"skip before hidden in the concat": func(f *faulty) { f.plan = exchangeInputs },
	"norm eps 1e-5 <-> 1e-6": func(f *faulty) {
		f.everyLayer(func(l *unet.Layer) { l.Eps = 1e-11 / l.Eps })
	},
	"variance divided by n-1":                                    func(f *faulty) { f.plan = f.unbiased },
	"SiLU on the time embedding left out in the residual blocks": func(f *faulty) { f.plan = timeWithoutSiLU },
	"time embedding added after norm2":                           func(f *faulty) { f.each(unet.Res, f.timeAfterNorm) },
	"scale and shift exchanged":                                  func(f *faulty) { f.each(unet.Res, f.exchangeFilm) },
	"norm * s + b instead of norm * (1 + s) + b":                 func(f *faulty) { f.each(unet.Res, f.filmWithoutOne) },
	"mid attention given a norm that the model has not":          func(f *faulty) { f.normOf(f.named("mid.attn.0"), f.named("mid.res.0").Groups) },
	"class row not added": func(f *faulty) {
		f.change("class.weight", func([]int, float64) float64 { return 0 })
	},
	"mid_block_scale_factor not applied to the attention": func(f *faulty) { f.named("mid.attn.0").Divide = 1 },
	"center_input_sample ignored":                         func(f *faulty) { f.net.CenterInput = false },
	"every second pixel instead of the 2x2 average":       func(f *faulty) { f.plan = f.everySecondPixel },
	"absent norm_num_groups read as 8": func(f *faulty) {
		f.everyLayer(func(l *unet.Layer) {
			if l.Groups > 0 {
				l.Groups = 8
			}
			if l.Groups2 > 0 {
				l.Groups2 = 8
			}
		})
	},
	"weights float16 (compare with eps64_w16, not eps64)": func(f *faulty) { f.round(roundToHalf, false) },
	"weights bfloat16": func(f *faulty) { f.round(roundToBrain, true) },
}

func (f *faulty) everyLayer(change func(l *unet.Layer)) {
	for i := range f.net.Layers {
		change(&f.net.Layers[i])
	}
}

func (f *faulty) each(kind unet.Kind, change func(l *unet.Layer)) {
	f.everyLayer(func(l *unet.Layer) {
		if l.Kind == kind {
			change(l)
		}
	})
}

func (f *faulty) named(name string) *unet.Layer { return layer(f.net, name) }

// values reads a float32 weight.
func (f *faulty) values(name string) []float32 {
	v, err := f.weights[name].Float32s()
	if err != nil {
		panic(err)
	}
	return v
}

// rebuild replaces a weight by one of the same values' pick: element at indices i of the new one is pick(old values, i).
func (f *faulty) rebuild(name string, shape []int, pick func(old []float32, at []int) float32) {
	old, at := f.values(name), make([]int, len(shape))
	var out []float32
	for {
		out = append(out, pick(old, at))
		axis := len(shape) - 1
		for ; axis >= 0; axis-- {
			if at[axis]++; at[axis] < shape[axis] {
				break
			}
			at[axis] = 0
		}
		if axis < 0 {
			f.weights.Add(name, shape, out)
			return
		}
	}
}

// change maps every value of a weight, given its indices.
func (f *faulty) change(name string, to func(at []int, v float64) float64) {
	shape, i := f.weights[name].Shape, 0
	f.rebuild(name, shape, func(old []float32, at []int) float32 {
		i++
		return float32(to(at, float64(old[i-1])))
	})
}

// columns rebuilds weight and bias of a matrix so that the new column c, of n, is pick's; a negative one is zero.
func (f *faulty) columns(name string, n int, pick func(c int) int) {
	for _, part := range []string{".weight", ".bias"} {
		shape := append([]int{}, f.weights[name+part].Shape...)
		last := len(shape) - 1
		width := shape[last]
		shape[last] = n
		f.rebuild(name+part, shape, func(old []float32, at []int) float32 {
			row := 0
			for axis := range last {
				row = row*shape[axis] + at[axis]
			}
			if c := pick(at[last]); c >= 0 {
				return old[row*width+c]
			}
			return 0
		})
	}
}

func exchangeHeads(l *unet.Layer) {
	if l.Heads == 1 {
		l.Heads = l.Out / 8
	} else {
		l.Heads = 1
	}
}

// interleaveHeads permutes q, k and v so that head h gets channels h, h+n, h+2n..., and undoes it behind the mixture.
func (f *faulty) interleaveHeads(l *unet.Layer) {
	c, width := l.Out, l.Out/l.Heads
	from := func(i int) int { return i%width*l.Heads + i/width } // the channel that stands at place i
	f.columns(l.Name+".qkv", 3*c, func(i int) int { return i/c*c + from(i%c) })
	f.rebuild(l.Name+".out.weight", []int{1, 1, c, c}, func(old []float32, at []int) float32 { return old[from(at[2])*c+at[3]] })
}

// scaleQueries multiplies the queries, and so the logits.
func (f *faulty) scaleQueries(l *unet.Layer, by float64) {
	for _, part := range []string{".qkv.weight", ".qkv.bias"} {
		f.change(l.Name+part, func(at []int, v float64) float64 {
			if at[len(at)-1] < l.Out {
				v *= by
			}
			return v
		})
	}
}

func exchangeInputs(p *unet.Plan) {
	for i := range p.Ops {
		if in := &p.Ops[i].In; in[1] != unet.None {
			in[0], in[1] = in[1], in[0]
		}
	}
}

// unbiased makes every norm's gain smaller by sqrt((n-1)/n): the same as the other variance but for eps.
func (f *faulty) unbiased(p *unet.Plan) {
	for i := range p.Ops {
		if op := &p.Ops[i]; op.Kernel == kernels.GroupNorm {
			in := p.Tensors[op.In[0]]
			n := float64(in.H * in.W * p.Channels(op) / op.Groups)
			f.change(op.Weight+".weight", func(_ []int, v float64) float64 { return v * math.Sqrt((n-1)/n) })
		}
	}
}

func timeWithoutSiLU(p *unet.Plan) {
	for i := range p.Ops {
		if op := &p.Ops[i]; op.Kernel == kernels.Linear && strings.HasSuffix(op.Layer, ".time") {
			op.SiLU = false
		}
	}
}

// timeAfterNorm makes the embedding the shift of a FiLM norm whose scale is 0.
func (f *faulty) timeAfterNorm(l *unet.Layer) {
	l.FiLM = true
	f.columns(l.Name+".time", 2*l.Out, func(c int) int { return c - l.Out })
}

func (f *faulty) exchangeFilm(l *unet.Layer) {
	f.columns(l.Name+".time", 2*l.Out, func(c int) int { return (c + l.Out) % (2 * l.Out) })
}

func (f *faulty) filmWithoutOne(l *unet.Layer) {
	f.change(l.Name+".time.bias", func(at []int, v float64) float64 {
		if at[0] < l.Out {
			v--
		}
		return v
	})
}

// normOf gives an attention a norm without gain and bias of its own.
func (f *faulty) normOf(l *unet.Layer, groups int) {
	gain := make([]float32, l.In)
	for i := range gain {
		gain[i] = 1
	}
	l.Groups = groups
	f.weights.Add(l.Name+".norm.weight", []int{l.In}, gain)
	f.weights.Add(l.Name+".norm.bias", []int{l.In}, make([]float32, l.In))
}

// everySecondPixel puts convolutions of stride 2 that copy the pixel above and left in the place of the means.
func (f *faulty) everySecondPixel(p *unet.Plan) {
	for i := range p.Ops {
		op := &p.Ops[i]
		if op.Kernel != kernels.AvgPool2 {
			continue
		}
		c := p.Tensors[op.Out].C
		copyPixel := make([]float32, 9*c*c)
		for k := range c {
			copyPixel[k*c+k] = 1
		}
		op.Kernel, op.Stride, op.Pad, op.Mul, op.Weight = kernels.Conv3x3, 2, kernels.PadRightBottom, 1, "pick."+op.Layer
		p.Weights = append(p.Weights, unet.WeightSpec{Name: op.Weight + ".weight", Shape: []int{3, 3, c, c}, Matrix: true}, unet.WeightSpec{Name: op.Weight + ".bias", Shape: []int{c}})
		f.weights.Add(op.Weight+".weight", []int{3, 3, c, c}, copyPixel)
		f.weights.Add(op.Weight+".bias", []int{c}, make([]float32, c))
	}
}

// round rounds every weight that packs keep in float16, or all of them.
func (f *faulty) round(round func(v float32) float32, all bool) {
	p, err := unet.Compile(f.net)
	if err != nil {
		panic(err)
	}
	for _, w := range p.Weights {
		if w.Matrix || all {
			f.change(w.Name, func(_ []int, v float64) float64 { return float64(round(float32(v))) })
		}
	}
}

func roundToHalf(v float32) float32 { return kernels.HalfToFloat(kernels.FloatToHalf(v)) }

// roundToBrain rounds to 8 bits of mantissa, ties to even.
func roundToBrain(v float32) float32 {
	bits := math.Float32bits(v)
	return math.Float32frombits((bits + 0x7fff + bits>>16&1) &^ 0xffff)
}
