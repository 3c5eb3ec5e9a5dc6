//go:build js && wasm

package webgpu

import (
	"context"
	"slices"
	"testing"
	"time"

	"unnoise/wasm/engine"
	"unnoise/weights"
)

// TestPace follows a GPU of 1e10 multiplications a second whose Runs are told of late.
func TestPace(t *testing.T) {
	const first, run, late = int64(2e9), int64(5e9), 100 * time.Millisecond
	var p pace
	now := time.Unix(1000, 0)
	if got := p.submit(first); got != first {
		t.Errorf("a submit holds %d before anything is known", got)
	}
	p.begun(now)
	p.ended(now.Add(late), 1e6, first) // tells nothing: almost all of it is being late
	if got := p.submit(first); got != first {
		t.Errorf("a submit holds %d after a small Run", got)
	}
	p.idle()
	now = now.Add(time.Minute) // which the GPU was idle
	p.begun(now)
	for i := range 5 {
		now = now.Add(500 * time.Millisecond)
		p.begun(now)
		p.ended(now.Add(late), run, first)
		// Too slow by being late, never too fast, and the less so the longer it goes on.
		want := float64(2e9) * float64(5*(i+1)) / float64(5*(i+1)+1)
		if got := p.submit(first); got > 2e9 || float64(got) < want*0.999 {
			t.Errorf("after %d Runs a submit holds %d, not %g to 2e9", i+1, got, want)
		}
	}
	for range 5 { // something else takes nine tenths of it
		now = now.Add(5 * time.Second)
		p.ended(now.Add(late), run, first)
	}
	if got := p.submit(first); got < 1.9e8 || got > 2.1e8 {
		t.Errorf("a submit holds %d when the GPU has become slow", got)
	}
}

// TestCuts: however a plan is cut into submits, it gives the same bits, and the cuts hold no more than asked.
func TestCuts(t *testing.T) {
	e, plan, ctx := open(t), block(), context.Background()
	src, inputs := randomInputs(plan, weights.F16, 2)
	loaded, err := e.Load(ctx, plan, src)
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Release()
	var in []engine.Tensor
	for _, input := range inputs {
		x := newTensor(t, e, input.Shape)
		if err := x.Write(input.Values); err != nil {
			t.Fatal(err)
		}
		in = append(in, x)
	}
	out := newTensor(t, e, engine.Shape{N: 2, C: 68, H: 8, W: 8})
	var want []float32
	for _, submit := range []int64{1e12, 1, 1e6, 3e6} {
		e.flight.retire(1e12) // so that the next Run learns nothing from this one's end
		e.limits.submit, e.flight.pace.rate = submit, 0
		if err := loaded.Run(ctx, []engine.Tensor{out}, in); err != nil {
			t.Fatal(err)
		}
		got := read(t, out)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("submits of %d: other bits", submit)
		}
		if r := loaded.(*program).records[2]; r.submit != submit {
			t.Errorf("submits of %d, asked for %d", r.submit, submit)
		}
	}
	r := loaded.(*program).records[2]
	for _, submit := range []int64{1, 1e6, 3e6} {
		before := 0
		for _, end := range r.ends(submit) {
			if sum := r.upTo[end-1] - r.sum(before); sum > submit && end > before+1 {
				t.Errorf("of %d multiplications, a submit of %d dispatches has %d", submit, end-before, sum)
			}
			before = end
		}
		if before != len(r.dispatches) {
			t.Errorf("%d of %d dispatches are submitted", before, len(r.dispatches))
		}
	}
	if n := len(r.ends(1)); n < 5 {
		t.Errorf("%d submits, though nearly every dispatch has more than asked", n)
	}
}
