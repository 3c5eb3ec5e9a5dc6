//go:build js && wasm

package webgpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"unnoise/kernels"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/goldens"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// oneOp is a plan of one operation, with the norm it reads, on sizes around the edges of the shaders' blocks.
type oneOp struct {
	name  string
	build func(b *unet.Builder) unet.TensorID
}

// sums: values and sums are of size 1 with at most a thousand terms, so another order of a float32 sum leaves 1e-5.
var sums = goldens.Tolerance{Abs: 1e-5, Rel: 1e-5}

func one(id unet.TensorID) [2]unet.TensorID { return [2]unet.TensorID{id} }

// largeMean is the name of an input around 1000 with a spread of 0.01. Its mean, rounded to float32, is off by up to 3e-5,
// 3e-3 of the spread: a norm that does not make up for that fails.
const largeMean = "1000 and a little"

// conv3x3Ops cross tiles (4x4, 8x8 and 16x16 pixels, 4 to 64 channels) and blocks of four input channels, with each of the
// surrounding parts in turn.
func conv3x3Ops() []oneOp {
	var list []oneOp
	for i, s := range [][4]int{{1, 1, 1, 1}, {4, 4, 3, 5}, {5, 4, 4, 64}, {8, 8, 5, 65}, {9, 7, 8, 3}, {17, 18, 2, 3}, {16, 33, 6, 9}} {
		h, w, cin, cout := s[0], s[1], s[2], s[3]
		name := strconv.Itoa(h) + "x" + strconv.Itoa(w) + "x" + strconv.Itoa(cin) + " to " + strconv.Itoa(cout)
		list = append(list, oneOp{name, func(b *unet.Builder) unet.TensorID {
			in := [2]unet.TensorID{b.Input("a", h, w, cin), b.Input("b", h, w, 1+i)}
			op := unet.Op{In: in, SiLU: i%2 == 0, Norm: b.GroupNorm("norm", in, 1, 1e-5, unet.None, 0), Mul: 0.5}
			op.Time, op.TimeOffset = b.Input("time", 1, 1, cout+i), i
			op.Residual = b.Input("residual", h, w, cout)
			return b.Conv3x3("op", op, cout)
		}})
		list = append(list, oneOp{name + " up", func(b *unet.Builder) unet.TensorID {
			return b.Conv3x3("op", unet.Op{In: one(b.Input("a", h, w, cin)), Up: true}, cout)
		}})
		list = append(list, oneOp{name + " stride 2", func(b *unet.Builder) unet.TensorID {
			return b.Conv3x3("op", unet.Op{In: one(b.Input("a", h, w, cin)), Stride: 2}, cout)
		}})
		if h > 1 {
			list = append(list, oneOp{name + " stride 2 right/bottom", func(b *unet.Builder) unet.TensorID {
				return b.Conv3x3("op", unet.Op{In: one(b.Input("a", h, w, cin)), Stride: 2, Pad: kernels.PadRightBottom}, cout)
			}})
		}
	}
	return list
}

// inQuads are convolutions of inputs whose channels are read in fours, with channels enough for slabs.
func inQuads() []oneOp {
	var list []oneOp
	for _, s := range [][5]int{{9, 7, 8, 4, 20}, {4, 4, 64, 12, 64}, {17, 8, 32, 32, 68}} {
		h, w, c0, c1, cout := s[0], s[1], s[2], s[3], s[4]
		inputs := func(b *unet.Builder) unet.Op {
			in := [2]unet.TensorID{b.Input("a", h, w, c0), b.Input("b", h, w, c1)}
			return unet.Op{In: in, SiLU: true, Norm: b.GroupNorm("norm", in, 4, 1e-5, unet.None, 0), Residual: b.Input("residual", h, w, cout)}
		}
		name := strconv.Itoa(h) + "x" + strconv.Itoa(w) + "x" + strconv.Itoa(c0) + "+" + strconv.Itoa(c1) + " to " + strconv.Itoa(cout)
		list = append(list, oneOp{"3x3 " + name, func(b *unet.Builder) unet.TensorID { return b.Conv3x3("op", inputs(b), cout) }})
		list = append(list, oneOp{"1x1 " + name, func(b *unet.Builder) unet.TensorID { return b.Conv1x1("op", inputs(b), cout) }})
		list = append(list, oneOp{"3x3 stride 2 " + name, func(b *unet.Builder) unet.TensorID {
			return b.Conv3x3("op", unet.Op{In: one(b.Input("a", h, w, c0)), Stride: 2}, cout)
		}})
	}
	return list
}

// conv1x1Ops cross tiles of 4 to 64 pixels and channels and blocks of sixteen input channels.
func conv1x1Ops() []oneOp {
	var list []oneOp
	for i, s := range [][4]int{{1, 1, 1, 1}, {5, 7, 15, 4}, {8, 8, 16, 65}, {5, 13, 17, 64}, {3, 3, 33, 17}} {
		h, w, cin, cout := s[0], s[1], s[2], s[3]
		name := strconv.Itoa(h) + "x" + strconv.Itoa(w) + "x" + strconv.Itoa(cin) + " to " + strconv.Itoa(cout)
		list = append(list, oneOp{name, func(b *unet.Builder) unet.TensorID {
			in := [2]unet.TensorID{b.Input("a", h, w, cin), b.Input("b", h, w, 1+i)}
			op := unet.Op{In: in, SiLU: i%2 == 0, Norm: b.GroupNorm("norm", in, 1, 1e-5, unet.None, 0), Mul: 2}
			op.Time, op.TimeOffset = b.Input("time", 1, 1, cout+i), i
			op.Residual = b.Input("residual", h, w, cout)
			return b.Conv1x1("op", op, cout)
		}})
	}
	return list
}

func linearOps() []oneOp {
	var list []oneOp
	for _, s := range [][2]int{{1, 1}, {15, 3}, {16, 64}, {17, 65}, {64, 129}} {
		cin, cout := s[0], s[1]
		list = append(list, oneOp{strconv.Itoa(cin) + " to " + strconv.Itoa(cout), func(b *unet.Builder) unet.TensorID {
			return b.Linear("op", b.Input("a", 1, 1, cin), true, b.Input("residual", 1, 1, cout), b.Vector("y", cout), 0, cout)
		}})
		list = append(list, oneOp{strconv.Itoa(cin) + " to " + strconv.Itoa(cout) + " in parts", func(b *unet.Builder) unet.TensorID {
			x, y := b.Input("a", 1, 1, cin), b.Vector("y", 2*cout+3)
			b.Linear("p", x, false, unet.None, y, 0, cout)
			b.Linear("q", x, false, unet.None, y, cout, 3)
			return b.Linear("r", x, false, unet.None, y, cout+3, cout)
		}})
		list = append(list, oneOp{strconv.Itoa(cin) + " to " + strconv.Itoa(cout) + " out of order", func(b *unet.Builder) unet.TensorID {
			x, y := b.Input("a", 1, 1, cin), b.Vector("y", cout+3)
			b.Linear("p", x, false, unet.None, y, 3, cout)
			return b.Linear("q", x, true, unet.None, y, 0, 3)
		}})
	}
	return list
}

func attentionOps() []oneOp {
	var list []oneOp
	for _, s := range [][4]int{{1, 1, 1, 1}, {1, 7, 33, 1}, {9, 7, 66, 2}, {8, 8, 64, 1}, {5, 7, 24, 2}, {5, 13, 8, 8}, {3, 3, 257, 1}, {2, 2, 130, 2}, {5, 7, 68, 1}, {6, 6, 256, 2}, {9, 11, 132, 1}, {7, 5, 260, 1}} {
		h, w, c, heads := s[0], s[1], s[2], s[3]
		name := strconv.Itoa(h*w) + " pixels, " + strconv.Itoa(heads) + " heads of " + strconv.Itoa(c/heads)
		list = append(list, oneOp{name, func(b *unet.Builder) unet.TensorID { return b.Attention("op", b.Input("qkv", h, w, 3*c), heads) }})
	}
	return list
}

// normOps read the norm's three rows through a concat of vectors' worth: its output is a tensor like any other.
func normOps() []oneOp {
	var list []oneOp
	for _, s := range [][4]int{{1, 1, 2, 1}, {5, 7, 12, 4}, {16, 16, 6, 1}, {33, 32, 4, 4}, {3, 3, 600, 2}} {
		h, w, c, groups := s[0], s[1], s[2], s[3]
		name := strconv.Itoa(h) + "x" + strconv.Itoa(w) + "x" + strconv.Itoa(c) + " in " + strconv.Itoa(groups)
		list = append(list, oneOp{name, func(b *unet.Builder) unet.TensorID {
			in := [2]unet.TensorID{b.Input("a", h, w, c-1), b.Input("b", h, w, 1)}
			return b.Upsample("read", b.GroupNorm("norm", in, groups, 1e-5, b.Input("film", 1, 1, 2*c+3), 2))
		}})
	}
	return list
}

// runOps are norms of inputs whose channels are read in fours, in one and in several runs of pixels and columns of channels.
func runOps() []oneOp {
	var list []oneOp
	for _, s := range [][4]int{{3, 3, 8, 2}, {13, 10, 12, 3}, {9, 8, 264, 4}} {
		h, w, c, groups := s[0], s[1], s[2], s[3]
		name := strconv.Itoa(h) + "x" + strconv.Itoa(w) + "x" + strconv.Itoa(c) + " in runs"
		list = append(list, oneOp{name, func(b *unet.Builder) unet.TensorID {
			in := [2]unet.TensorID{b.Input("a", h, w, c-4), b.Input("b", h, w, 4)}
			return b.Upsample("read", b.GroupNorm("norm", in, groups, 1e-5, b.Input("film", 1, 1, 2*c+3), 2))
		}})
	}
	return append(list, oneOp{"a spread that is small beside the mean, in runs", func(b *unet.Builder) unet.TensorID {
		x := b.Input(largeMean, 16, 12, 8)
		return b.AvgPool2("op", x, b.GroupNorm("norm", one(x), 2, 1e-5, unet.None, 0), false)
	}})
}

func smallOps() []oneOp {
	return []oneOp{
		{"avgpool2", func(b *unet.Builder) unet.TensorID {
			x := b.Input("a", 9, 6, 7)
			return b.AvgPool2("op", x, b.GroupNorm("norm", one(x), 7, 1e-5, unet.None, 0), true)
		}},
		{"avgpool2 plain", func(b *unet.Builder) unet.TensorID {
			return b.AvgPool2("op", b.Input("a", 2, 3, 300), unet.None, false)
		}},
		{"a spread that is small beside the mean", func(b *unet.Builder) unet.TensorID {
			x := b.Input(largeMean, 8, 6, 4)
			return b.AvgPool2("op", x, b.GroupNorm("norm", one(x), 2, 1e-5, unet.None, 0), false)
		}},
		{"upsample", func(b *unet.Builder) unet.TensorID { return b.Upsample("op", b.Input("a", 3, 5, 7)) }},
		{"concat", func(b *unet.Builder) unet.TensorID {
			return b.Concat("op", [2]unet.TensorID{b.Input("a", 5, 3, 7), b.Input("b", 5, 3, 12)})
		}},
		{"combine", func(b *unet.Builder) unet.TensorID { return b.Combine("op", b.Input("a", 5, 3, 7), 2, -1) }},
	}
}

// TestOps holds every shader to the plain loops: convolutions at every tile and by every way there is, whatever this machine's
// adapter would take. SwiftShader takes seconds to compile a large tile, so float32 weights are tried with one size of it.
func TestOps(t *testing.T) {
	e := open(t)
	plain := cpu.New(cpu.Options{Plain: true})
	convs, others := slices.Concat(conv3x3Ops(), conv1x1Ops(), inQuads()), slices.Concat(linearOps(), attentionOps(), normOps())
	tiled, slabs := software, hardware
	tiled.direct = false
	eager := tiled
	eager.plenty, eager.runs = 1, 1
	slabs.groups, slabs.slab = 512, 16
	both := []weights.DType{weights.F16, weights.F32}
	for _, c := range []struct {
		name   string
		limits limits
		ops    []oneOp
		dtypes []weights.DType
	}{
		{"large tiles", hardware, convs, both[:1]},
		{"small tiles", tiled, convs, both[1:]},
		{"two rows", eager, convs, both[:1]},
		{"slabs", slabs, inQuads(), both[:1]},
		{"norms in runs", eager, runOps(), both[:1]},
		{"direct", software, convs, both},
		{"others in workgroups", hardware, append(others, smallOps()...), both},
		{"others direct", software, others, both[:1]},
		{"linear direct", software, linearOps(), both[1:]},
	} {
		t.Run(c.name, func(t *testing.T) {
			e.limits = c.limits
			for _, op := range c.ops {
				for _, dtype := range c.dtypes {
					checkOp(t, e, plain, op, dtype)
				}
			}
		})
	}
}

// checkOp runs an operation for three samples on both engines.
func checkOp(t *testing.T, e, reference engine.Engine, op oneOp, dtype weights.DType) {
	t.Helper()
	b := unet.NewBuilder()
	plan := b.Finish(op.build(b))
	src, inputs := randomInputs(plan, dtype, 3)
	want := enginetest.Run(t, reference, plan, src, inputs...)
	got := enginetest.Run(t, e, plan, src, inputs...)
	if _, err := goldens.Compare(got, want, sums); err != nil {
		t.Errorf("%s %s: %v", op.name, dtype, err)
	}
}

// randomInputs are weights that keep results of size 1, with scales on half of the matrices, and inputs for n samples.
func randomInputs(p *unet.Plan, dtype weights.DType, n int) (enginetest.Weights, []enginetest.Input) {
	r := rand.New(rand.NewPCG(1, 2))
	w := enginetest.Weights{}
	for _, spec := range p.Weights {
		values := normals(r, shapeLen(spec.Shape))
		if spec.Matrix {
			cout := spec.Shape[len(spec.Shape)-1]
			for i := range values {
				values[i] /= float32(math.Sqrt(float64(len(values) / cout)))
			}
			if dtype == weights.F16 {
				w.Add(spec.Scales, []int{cout}, normals(r, cout))
			}
		}
		w.Add(spec.Name, spec.Shape, values)
		if spec.Matrix && dtype == weights.F16 {
			w[spec.Name] = halves(w[spec.Name], values)
		}
	}
	var inputs []enginetest.Input
	for _, id := range p.Inputs {
		t := p.Tensors[id]
		s := engine.Shape{N: n, C: t.C, H: t.H, W: t.W}
		values := normals(r, s.Len())
		for i := range values {
			if t.Name == largeMean {
				values[i] = 1000 + values[i]/100
			}
		}
		inputs = append(inputs, enginetest.Input{Shape: s, Values: values})
	}
	return w, inputs
}

func halves(t weights.Tensor, values []float32) weights.Tensor {
	bits := make([]uint16, len(values))
	for i, v := range values {
		bits[i] = kernels.FloatToHalf(v)
	}
	return weights.FromHalves(t.Name, t.Shape, bits)
}

func normals(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func shapeLen(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
