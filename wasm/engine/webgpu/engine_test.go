//go:build js && wasm

package webgpu

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"unnoise/kernels"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/engine/selftest"
	"unnoise/wasm/goldens"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

func TestSelfTest(t *testing.T) {
	for _, r := range selftest.SelfTest(context.Background(), open(t), cpu.New(cpu.Options{Plain: true})) {
		t.Logf("%s: %.2g", r.Name, r.Error)
		if !r.OK {
			t.Errorf("%s: off by %g (%v)", r.Name, r.Error, r.Err)
		}
	}
}

// block is a plan of many operations: a residual block with a joined skip, then attention.
func block() *unet.Plan {
	b := unet.NewBuilder()
	in := [2]unet.TensorID{b.Input("x", 8, 8, 40), b.Input("skip", 8, 8, 25)}
	h := b.Conv3x3("conv1", unet.Op{In: in, SiLU: true, Time: b.Input("time", 1, 1, 68)}, 68)
	h = b.Conv3x3("conv2", unet.Op{In: one(h), Norm: b.GroupNorm("norm", one(h), 4, 1e-5, unet.None, 0), SiLU: true, Residual: b.Conv1x1("skip", unet.Op{In: in}, 68)}, 68)
	return b.Finish(b.Attention("mix", b.Conv1x1("qkv", unet.Op{In: one(h)}, 204), 2))
}

// What only large networks, large batches or slow GPUs meet is forced by limits: every case must give what the plain loops
// give.
func TestLimits(t *testing.T) {
	e := open(t)
	plan := block()
	src, inputs := randomInputs(plan, weights.F16, 5)
	want := enginetest.Run(t, cpu.New(cpu.Options{Plain: true}), plan, src, inputs...)
	for name, change := range map[string]func(l *limits){
		"slabs":             func(l *limits) { *l = hardware; l.groups = 1 << 20 },
		"two rows":          func(l *limits) { l.direct, l.plenty, l.runs = false, 1, 1 },
		"submits":           func(l *limits) { l.submit = 1000 },
		"parts by memory":   func(l *limits) { l.binding = 2 * 4 * 8 * 8 * 204 },
		"parts by time":     func(l *limits) { l.dispatch = 2 * 9 * 64 * 68 * 68 },
		"one part a sample": func(l *limits) { l.dispatch = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			// Small workgroups, which every adapter compiles soon, and no watchdog.
			e.limits = software
			e.limits.dispatch, e.limits.submit = hardware.dispatch, hardware.submit
			change(&e.limits)
			if _, err := goldens.Compare(enginetest.Run(t, e, plan, src, inputs...), want, sums); err != nil {
				t.Error(err)
			}
			first, second := enginetest.RunPair(t, e, plan, src, inputs, inputs)
			for _, got := range [][]float32{first, second} {
				if _, err := goldens.Compare(got, want, sums); err != nil {
					t.Errorf("of a pair: %v", err)
				}
			}
		})
	}
}

// A program must give the same for a sample whatever the batch was before and is now.
func TestBatchSizes(t *testing.T) {
	e, plan, ctx := open(t), block(), context.Background()
	src, all := randomInputs(plan, weights.F16, 4)
	whole := enginetest.Run(t, e, plan, src, all...)
	program, err := e.Load(ctx, plan, src)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Release()
	for _, n := range []int{2, 4, 1, 3} {
		var in []engine.Tensor
		for _, input := range all {
			s := input.Shape
			s.N = n
			x := newTensor(t, e, s)
			if err := x.Write(input.Values[:s.Len()]); err != nil {
				t.Fatal(err)
			}
			in = append(in, x)
		}
		out := newTensor(t, e, engine.Shape{N: n, C: 68, H: 8, W: 8})
		if err := program.Run(ctx, []engine.Tensor{out}, in); err != nil {
			t.Fatal(err)
		}
		got := read(t, out)
		for i := range got {
			if math.Abs(float64(got[i]-whole[i])) > 2e-6 { // another number of slabs sums in another order
				t.Fatalf("batch of %d: element %d is %g, alone in a batch of 4 %g", n, i, got[i], whole[i])
			}
		}
	}
}

func newTensor(t *testing.T, e engine.Engine, s engine.Shape) engine.Tensor {
	t.Helper()
	x, err := e.NewTensor(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Release)
	return x
}

func read(t *testing.T, x engine.Tensor) []float32 {
	t.Helper()
	v := make([]float32, x.Shape().Len())
	if err := x.Read(context.Background(), v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Combine with up to four terms, channel offsets, clipping and the destination among the terms, against plain Go.
func TestCombine(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	gpu, plain := open(t), cpu.New(cpu.Options{Plain: true})
	for count := 1; count <= 4; count++ {
		for _, clip := range []float32{0, 0.75} {
			var results [2][]float32
			shapes := []engine.Shape{{N: 2, C: 3, H: 5, W: 7}, {N: 2, C: 6, H: 5, W: 7}, {N: 2, C: 3, H: 5, W: 7}, {N: 2, C: 4, H: 5, W: 7}}
			values := make([][]float32, 4)
			for i, s := range shapes {
				values[i] = normals(r, s.Len())
			}
			for k, e := range []engine.Engine{gpu, plain} {
				var terms []engine.Term
				for i, s := range shapes[:count] {
					x := newTensor(t, e, s)
					if err := x.Write(values[i]); err != nil {
						t.Fatal(err)
					}
					terms = append(terms, engine.Term{Coef: float32(i) - 1.25, T: x, Channel: s.C - 3})
				}
				dst := terms[0].T
				if err := e.Combine(dst, 0.125, clip, terms...); err != nil {
					t.Fatal(err)
				}
				results[k] = read(t, dst)
			}
			// A fused product and sum rounds once less: two units in the last place of sums up to 8.
			if _, err := goldens.Compare(results[0], results[1], goldens.Tolerance{Abs: 2e-6}); err != nil {
				t.Errorf("%d terms, clip %g: %v", count, clip, err)
			}
		}
	}
}

// Pixels must be the definition's to the last bit, at ties and next to them, and for what is no number.
func TestPixels(t *testing.T) {
	e := open(t)
	// Nearer to 0 than 5e-17 the definition's float64 rounds to the tie itself; the shader does not.
	values := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, -1, 1, 2, -2, 1e-15, -1e-15}
	for k := range 256 {
		tie := float32((float64(k)+0.5)*2/255 - 1)
		level := float32(float64(k)*2/255 - 1)
		for _, v := range []float32{tie, level} {
			if math.Abs(float64(v)) < 1e-15 {
				continue
			}
			values = append(values, v, math.Nextafter32(v, 2), math.Nextafter32(v, -2))
		}
	}
	for _, c := range []int{1, 3} {
		s := engine.Shape{N: 1, C: c, H: 1, W: len(values) / c}
		x := newTensor(t, e, s)
		if err := x.Write(values[:s.Len()]); err != nil {
			t.Fatal(err)
		}
		got, err := engine.ReadPixels(context.Background(), e, x)
		if err != nil {
			t.Fatal(err)
		}
		nhwc, want := make([]float32, s.Len()), make([]byte, 4*s.W)
		s.ToNHWC(nhwc, values[:s.Len()])
		kernels.PlainPixels(want, nhwc, c)
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%d channels: byte %d is %d, want %d (value %g)", c, i, got[i], want[i], nhwc[i/4*c])
			}
		}
	}
}

// After the device is lost every verb answers with ErrDeviceLost, and a new engine works.
func TestDeviceLost(t *testing.T) {
	e, ctx, plan := openWith(t, Options{}), context.Background(), block()
	src, inputs := randomInputs(plan, weights.F16, 1)
	program, err := e.Load(ctx, plan, src)
	if err != nil {
		t.Fatal(err)
	}
	x, out := newTensor(t, e, inputs[0].Shape), newTensor(t, e, engine.Shape{N: 1, C: 68, H: 8, W: 8})
	e.dev.Destroy()
	if err := x.Read(ctx, make([]float32, x.Shape().Len())); !errors.Is(err, ErrDeviceLost) {
		t.Errorf("Read while the device is being lost: %v", err)
	}
	_, newErr := e.NewTensor(inputs[0].Shape)
	_, loadErr := e.Load(ctx, plan, src)
	_, pixelsErr := engine.ReadPixels(ctx, e, x)
	for name, err := range map[string]error{
		"Sync": e.Sync(ctx), "NewTensor": newErr, "Load": loadErr, "Pixels": pixelsErr,
		"Run":      program.Run(ctx, []engine.Tensor{out}, []engine.Tensor{x, x, x}),
		"Write":    x.Write(inputs[0].Values),
		"Read":     x.Read(ctx, make([]float32, x.Shape().Len())),
		"Combine":  e.Combine(x, 0, 0, engine.Term{Coef: 1, T: x}),
		"Modulate": e.Modulate(x, x, engine.Factor{T: out}), "Threshold": e.Threshold(ctx, x, 0.9, 1),
	} {
		if !errors.Is(err, ErrDeviceLost) {
			t.Errorf("%s after the loss: %v", name, err)
		}
	}
	enginetest.Run(t, openWith(t, Options{}), plan, src, inputs...)
}

// Mistakes of the caller are errors, not pictures.
func TestMistakes(t *testing.T) {
	e, ctx := open(t), context.Background()
	x := newTensor(t, e, engine.Shape{N: 1, C: 3, H: 4, W: 4})
	gone := newTensor(t, e, x.Shape())
	gone.Release()
	other, _ := cpu.New(cpu.Options{}).NewTensor(x.Shape())
	_, tooLarge := e.NewTensor(engine.Shape{N: 1, C: 1, H: 1 << 13, W: 1<<12 + 1})
	_, empty := e.NewTensor(engine.Shape{N: 0, C: 1, H: 1, W: 1})
	_, twoChannels := engine.ReadPixels(ctx, e, newTensor(t, e, engine.Shape{N: 1, C: 2, H: 4, W: 4}))
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for name, err := range map[string]error{
		"released":     gone.Write(make([]float32, 48)),
		"foreign":      e.Combine(x, 0, 0, engine.Term{Coef: 1, T: other}),
		"no terms":     e.Combine(x, 0, 0),
		"channels":     e.Combine(x, 0, 0, engine.Term{Coef: 1, T: x, Channel: 1}),
		"factor":       e.Modulate(x, x, engine.Factor{T: x}),
		"factor shape": e.Modulate(x, x, engine.Factor{T: newTensor(t, e, engine.Shape{N: 1, C: 2, H: 4, W: 4})}),
		"length":       x.Write(make([]float32, 47)),
		"too large":    tooLarge,
		"empty":        empty,
		"two channels": twoChannels,
		"cancelled":    x.Read(cancelled, make([]float32, 48)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := e.Sync(ctx); err != nil {
		t.Errorf("the engine is broken afterwards: %v", err)
	}
}
