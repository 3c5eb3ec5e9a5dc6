package selftest

import (
	"context"

	"unnoise/wasm/engine"
)

// verb is an operation of the engine outside plans.
type verb struct {
	name string
	run  func(ctx context.Context, e engine.Engine) ([]float32, error)
}

var verbs = []verb{{"combine", combine}, {"pixels", pixels}}

// combine sums a part of a tensor's channels with another, clipped, into one of the terms.
func combine(ctx context.Context, e engine.Engine) ([]float32, error) {
	a, err := filled(e, engine.Shape{N: batch, C: 3, H: 5, W: 3}, 1)
	if err != nil {
		return nil, err
	}
	defer a.Release()
	b, err := filled(e, engine.Shape{N: batch, C: 6, H: 5, W: 3}, 2)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	if err := e.Combine(a, 0.1, 0.9, engine.Term{Coef: 1.3, T: a}, engine.Term{Coef: -0.7, T: b, Channel: 2}); err != nil {
		return nil, err
	}
	return values(ctx, a)
}

// pixels compares levels: one level apart is 0.004 and fails.
func pixels(ctx context.Context, e engine.Engine) ([]float32, error) {
	t, err := filled(e, engine.Shape{N: batch, C: 3, H: 5, W: 3}, 3)
	if err != nil {
		return nil, err
	}
	defer t.Release()
	rgba, err := e.Pixels(ctx, t)
	out := make([]float32, len(rgba))
	for i, v := range rgba {
		out[i] = float32(v) / 255
	}
	return out, err
}
