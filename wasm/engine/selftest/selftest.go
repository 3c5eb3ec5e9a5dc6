// Package selftest tries every operation of an engine on small data against a reference engine, at load: a GPU or driver
// that computes wrongly is found before it draws a picture.
package selftest

import (
	"context"
	"errors"
	"math"

	"unnoise/wasm/engine"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// Result is what one operation gave.
type Result struct {
	Name  string
	Error float64 // largest difference from the reference; infinite where the operation failed
	Bound float64
	OK    bool
	Err   error // why it failed, nil where it ran
}

// bound: the operations' values are of size 1 and their sums have at most 200 terms, so float32 in another order leaves 1e-5;
// GPUs may round divisions and exponentials to 3 units in the last place.
const bound = 5e-5

// SelfTest runs every operation on e and on the reference. It never fails itself: what goes wrong is in the results.
func SelfTest(ctx context.Context, e, reference engine.Engine) []Result {
	var list []Result
	allowed := e.Info().Bound(bound)
	for _, c := range cases() {
		got, err := c.run(ctx, e)
		want, wantErr := c.run(ctx, reference)
		list = append(list, judge(c.name, got, want, allowed, errors.Join(err, wantErr)))
	}
	for _, v := range verbs {
		got, err := v.run(ctx, e)
		want, wantErr := v.run(ctx, reference)
		list = append(list, judge(v.name, got, want, allowed, errors.Join(err, wantErr)))
	}
	return list
}

func judge(name string, got, want []float32, allowed float64, err error) Result {
	r := Result{Name: name, Bound: allowed, Err: err, Error: math.Inf(1)}
	if err != nil || len(got) != len(want) {
		return r
	}
	r.Error = 0
	for i := range want {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		r.Error = max(r.Error, d)
	}
	r.OK = r.Error <= r.Bound
	return r
}

// data is n values of size 1 that look random and are the same everywhere.
func data(n, seed int) []float32 {
	out := make([]float32, n)
	state := uint32(seed)*2654435761 + 12345
	for i := range out {
		state = state*1664525 + 1013904223
		out[i] = float32(state>>8)/(1<<23) - 1
	}
	return out
}

// source makes weights for a plan: the same for the same plan.
type source map[string]weights.Tensor

// Tensor implements engine.Source.
func (s source) Tensor(name string) (weights.Tensor, error) {
	t, ok := s[name]
	if !ok {
		return t, errors.New("weight " + name + " is missing")
	}
	return t, nil
}

// weightsOf fills a plan's weights with values that keep results of size 1; matrices are float16 where half is set.
func weightsOf(p *unet.Plan, half bool) source {
	s := source{}
	for i, w := range p.Weights {
		n := 1
		for _, d := range w.Shape {
			n *= d
		}
		v := data(n, i+7)
		if !w.Matrix {
			s[w.Name] = weights.FromFloat32s(w.Name, w.Shape, v)
			continue
		}
		scale := float32(1.5 / math.Sqrt(float64(n/w.Shape[len(w.Shape)-1])))
		for j := range v {
			v[j] *= scale
		}
		if half {
			s[w.Name] = halved(w.Name, w.Shape, v)
		} else {
			s[w.Name] = weights.FromFloat32s(w.Name, w.Shape, v)
		}
	}
	return s
}
