//go:build js && wasm

package webgpu

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"unnoise/kernels"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// A tile that is hardly quicker than the rule's, or whose time is not known, is not taken.
func TestChoose(t *testing.T) {
	for _, c := range []struct {
		times []time.Duration
		want  int
	}{
		{[]time.Duration{100}, 0}, {[]time.Duration{100, 99, 90, 95}, 2}, {[]time.Duration{100, 94}, 0}, {[]time.Duration{100, 0, 200}, 0}, {[]time.Duration{0, 0}, 0},
	} {
		if got := choose(c.times); got != c.want {
			t.Errorf("of %v number %d, want %d", c.times, got, c.want)
		}
	}
}

// Tunings outlive a visit as text; those of other shaders are no tunings.
func TestTunings(t *testing.T) {
	own := ParseTunings("1", "")
	all := map[string]string{"some GPU\tconv3x3 1 8 8 64 1": "2x8x16 two", "\tconv1x1 1 8 8 64 1": "1x8x4", "\tconv1x1 1 8 8 64": "1x8x8"}
	for key, name := range all {
		own.add(key, name)
	}
	again := ParseTunings("1", own.String())
	for key, name := range all {
		if got := again.find(key); got != name {
			t.Errorf("%q is %q, was %q", key, got, name)
		}
	}
	for _, key := range []string{"GPU\tconv3x3 1 8 8 64 1", "\tconv1x1 1 8 8"} {
		if got := again.find(key); got != "" {
			t.Errorf("%q is %q, was never added", key, got)
		}
	}
	for _, text := range []string{own.String(), "", "2", "2\n"} {
		if got := ParseTunings("2", text); got.String() != "" {
			t.Errorf("%q has tunings: %v", text, got)
		}
	}
}

// Tiles are what every device can run, whatever there is to convolve.
func TestVariants(t *testing.T) {
	for name, l := range map[string]limits{"hardware": hardware, "software": software} {
		for _, side := range []int{1, 2, 3, 4, 5, 8, 9, 16, 33, 256} {
			for _, c := range []int{1, 3, 4, 5, 17, 64, 65, 512} {
				for _, n := range []int{1, 2, 16} {
					out := unet.Tensor{H: side, W: side, C: c}
					checkVariants(t, name, l.tile3x3(out, 1, n), &stage{Op: &unet.Op{Kernel: kernels.Conv3x3, Stride: 1}}, out, n)
					checkVariants(t, name, l.tile3x3(out, 2, n), &stage{Op: &unet.Op{Kernel: kernels.Conv3x3, Stride: 2}}, out, n)
					checkVariants(t, name, l.tile1x1(n*side*side, c), &stage{Op: &unet.Op{Kernel: kernels.Conv1x1, Stride: 1}}, out, n)
				}
			}
		}
	}
}

func checkVariants(t *testing.T, limits string, rule tile, s *stage, out unet.Tensor, n int) {
	list := rule.variants(s, out, n)
	if list[0] != rule {
		t.Errorf("the rule's is not the first of %v", list)
	}
	for i, v := range list {
		c := v.constants(s)
		threads, memory := c["CQ"]*c["ROWS"], 16*(c["STAGED"]+c["TAPS"])
		whole := v.qx*v.th == c["ROWS"]<<flag(v.two) && (v.th%2 == 0 || !v.two)
		if threads < 1 || threads > 256 || memory > 16384 || !whole || slices.Contains(list[:i], v) {
			t.Errorf("%s, %s stride %d, %v of %d: %v of %v has %d threads and %d bytes", limits, s.Kernel, s.Stride, out, n, v, list, threads, memory)
		}
	}
}

// What was kept may have been changed: a name that is none of a shape's tiles leaves the rule's.
func TestUnknownTile(t *testing.T) {
	e := tunable(t)
	plan := block()
	src, _ := randomInputs(plan, weights.F16, 1)
	p := load(t, e, plan, src)
	rule := specsOf(p.lower(1).calls)
	e.tunings = ParseTunings("", "")
	for i := range p.stages {
		l := &lowering{p: p, n: 1}
		e.tunings.add(e.tuningKey(l.shape(&p.stages[i])), "64x64x64 two")
	}
	if !slices.EqualFunc(rule, specsOf(p.lower(1).calls), sameSpec) {
		t.Error("an unknown tile was taken")
	}
}

// Every tile a convolution may have gives the numbers of the rule's to the last bit, in slabs and whole: so a tuned program does.
func TestTrials(t *testing.T) {
	e, ctx, plan := tunable(t), context.Background(), block()
	src, _ := randomInputs(plan, weights.F16, 1)
	for _, groups := range []int{1, 10, 104} { // none, and such that other tiles would have other slabs
		e.limits.groups = groups
		p := load(t, e, plan, src)
		for _, n := range []int{1, 3} {
			if err := p.reserve(n, p.lower(n)); err != nil {
				t.Fatal(err)
			}
			for _, h := range p.lower(n).heaviest() {
				trial, err := p.newTrial(ctx, n, h.stage)
				if err != nil {
					t.Fatal(err)
				}
				for i, tile := range trial.tiles {
					if same, err := trial.same(ctx, i); err != nil || !same {
						t.Errorf("%s: %v gives other numbers than %v (%v)", h.shape, tile, trial.tiles[0], err)
					}
				}
				t.Logf("%s: %v", h.shape, trial.tiles)
				trial.release()
			}
		}
	}
}

// A tile that gives other numbers, as a driver's mistake would make it, is seen.
func TestWrongTile(t *testing.T) {
	e, ctx, plan := tunable(t), context.Background(), block()
	src, _ := randomInputs(plan, weights.F16, 1)
	p := load(t, e, plan, src)
	l := p.lower(1)
	if err := p.reserve(1, l); err != nil {
		t.Fatal(err)
	}
	for _, h := range l.heaviest() {
		trial, err := p.newTrial(ctx, 1, h.stage)
		if err != nil {
			t.Fatal(err)
		}
		defer trial.release()
		// The same tile with weights read as float32.
		l := &lowering{p: p, n: 1, trial: &trial.tiles[1]}
		other := l.convSpec(h.stage, &p.stages[h.stage], trial.tiles[1])
		other.constants["WIDE"] = 1
		if err := e.shop.prepare(ctx, []spec{other}); err != nil {
			t.Fatal(err)
		}
		trial.record.dispatches[1].Pipeline = e.shop.pipeline(other)
		if same, err := trial.same(ctx, 1); err != nil || same {
			t.Errorf("%s: wrong numbers are taken for right ones (%v)", h.shape, err)
		}
	}
}

// A program that has looked for tiles uses them, gives the same numbers, and does not look again.
func TestTune(t *testing.T) {
	e, ctx, plan := tunable(t), context.Background(), block()
	src, inputs := randomInputs(plan, weights.F16, 2)
	want := enginetest.Run(t, e, plan, src, inputs...)
	p := load(t, e, plan, src)
	rule := specsOf(p.lower(2).calls)
	e.tunings = ParseTunings("", "")
	if err := p.Tune(ctx, 2); err != nil {
		t.Fatal(err)
	}
	found := e.tunings
	t.Log(found)
	if found.String() == "" {
		t.Fatal("nothing was tuned")
	}
	// Whatever was found here, now the last of its tiles is taken.
	e.tunings = ParseTunings("", "")
	l := p.lower(2)
	for i := range p.stages {
		s := &p.stages[i]
		if key := e.tuningKey(l.shape(s)); found.find(key) != "" {
			tiles := p.lowerOne(2, i, nil).rule.variants(s, plan.Tensors[s.Out], 2)
			e.tunings.add(key, tiles[len(tiles)-1].String())
		}
	}
	before := e.tunings.String()
	if slices.EqualFunc(rule, specsOf(p.lower(2).calls), sameSpec) {
		t.Error("what was found is not used")
	}
	if got := enginetest.Run(t, e, plan, src, inputs...); !slices.Equal(got, want) {
		t.Error("other tiles give other numbers")
	}
	// Nor does another program, with the adapter's tunings.
	for _, p := range []*program{p, load(t, e, plan, src)} {
		if err := p.Tune(ctx, 2); err != nil {
			t.Fatal(err)
		}
	}
	if after := e.tunings.String(); !strings.HasPrefix(after, before) || strings.Count(after, " 2 8 8 ") != strings.Count(before, " 2 8 8 ") {
		t.Errorf("looked again: %q after %q", after, before)
	}
	if !strings.Contains(before, "\n"+e.info.String()+"\t") {
		t.Errorf("tunings %q do not name the adapter %q", before, e.info)
	}
}

// A GPU that is lost over a tile is not lost over it again.
func TestLostOverTile(t *testing.T) {
	e := openWith(t, Options{})
	e.limits.direct, e.limits.tune = false, time.Minute
	plan := block()
	src, _ := randomInputs(plan, weights.F16, 1)
	p := load(t, e, plan, src)
	l := p.lower(1)
	if err := p.reserve(1, l); err != nil {
		t.Fatal(err)
	}
	e.tunings = ParseTunings("", "")
	list := l.heaviest()
	e.dev.Destroy()
	if err := p.tune(context.Background(), 1, list); !errors.Is(err, ErrDeviceLost) {
		t.Fatalf("the loss is %v", err)
	}
	for _, h := range list {
		if got, rule := e.tuned(h.shape), p.lowerOne(1, h.stage, nil).rule.String(); got != rule {
			t.Errorf("%s is noted as %q, want the rule's %q", h.shape, got, rule)
		}
	}
}

// What takes no longer than starting it, as all of the self-test does, is not worth the time.
func TestSmallShapes(t *testing.T) {
	e, b := tunable(t), unet.NewBuilder()
	plan := b.Finish(b.Conv3x3("small", unet.Op{In: one(b.Input("x", 8, 8, 20))}, 20))
	src, _ := randomInputs(plan, weights.F16, 1)
	p := load(t, e, plan, src)
	if list := p.lower(1).heaviest(); len(list) > 0 {
		t.Errorf("to be tuned: %v", list)
	}
}

// Where the time does not suffice for the first shape, it is tried again in another program, once; those behind it are tried whenever there is time.
func TestNoTime(t *testing.T) {
	e, plan := tunable(t), block()
	src, _ := randomInputs(plan, weights.F16, 1)
	p := load(t, e, plan, src)
	e.limits.tune, e.tunings = 0, ParseTunings("", "")
	list := p.untuned(1)
	if again := p.untuned(1); len(list) == 0 || len(again) > 0 {
		t.Fatalf("to be tuned: %v, and in the same program again %v", list, again)
	}
	for i, want := range []string{once, p.lowerOne(1, list[0].stage, nil).rule.String()} {
		if err := p.tune(t.Context(), 1, p.lower(1).heaviest()); err != nil {
			t.Fatal(err)
		}
		if got := e.tuned(list[0].shape); got != want {
			t.Errorf("after time %d the first is %q, want %q", i+1, got, want)
		}
		for _, h := range list[1:] {
			if got := e.tuned(h.shape); got != "" {
				t.Errorf("after time %d %s is %q", i+1, h.shape, got)
			}
		}
	}
}

// tunable is an engine that convolves in workgroup memory, as on a GPU, and looks for tiles once it has tunings.
func tunable(t *testing.T) *Engine {
	e := open(t)
	if !e.dev.HasTimestamps() {
		t.Fatal("the adapter tells no time")
	}
	e.limits.direct, e.limits.tune = false, time.Minute
	t.Cleanup(func() { e.tunings = nil })
	return e
}

func sameSpec(a, b spec) bool { return a.key() == b.key() }

func load(t *testing.T, e *Engine, plan *unet.Plan, src engine.Source) *program {
	t.Helper()
	p, err := e.Load(context.Background(), plan, src)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Release)
	return p.(*program)
}
