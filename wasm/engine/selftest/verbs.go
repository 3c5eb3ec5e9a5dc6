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

var verbs = []verb{{"combine", combine}, {"modulate", modulate}, {"threshold", threshold}, {"pixels", pixels}}

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

// modulate scales a tensor by the exponential of half of another's channels, and by a mask of one channel.
func modulate(ctx context.Context, e engine.Engine) ([]float32, error) {
	var list [3]engine.Tensor
	for i, channels := range []int{3, 6, 1} {
		t, err := filled(e, engine.Shape{N: batch, C: channels, H: 5, W: 3}, i+4)
		if err != nil {
			return nil, err
		}
		defer t.Release()
		list[i] = t
	}
	out, err := e.NewTensor(list[0].Shape())
	if err != nil {
		return nil, err
	}
	defer out.Release()
	err = e.Modulate(out, list[0], engine.Factor{Add: -0.2, Mul: 0.7, Exp: true, T: list[1], Channel: 3})
	if err == nil {
		err = e.Modulate(out, out, engine.Factor{Add: 1, Mul: -0.5, T: list[2]})
	}
	if err != nil {
		return nil, err
	}
	return values(ctx, out)
}

// threshold takes the bound of a picture of magnitudes up to 2.
func threshold(ctx context.Context, e engine.Engine) ([]float32, error) {
	t, err := filled(e, engine.Shape{N: batch, C: 3, H: 5, W: 3}, 7)
	if err != nil {
		return nil, err
	}
	defer t.Release()
	if err := e.Combine(t, 0, 0, engine.Term{Coef: 2, T: t}); err != nil {
		return nil, err
	}
	if err := e.Threshold(ctx, t, 0.9, 1.7); err != nil {
		return nil, err
	}
	return values(ctx, t)
}

// pixels compares levels: one level apart is 0.004 and fails.
func pixels(ctx context.Context, e engine.Engine) ([]float32, error) {
	t, err := filled(e, engine.Shape{N: batch, C: 3, H: 5, W: 3}, 3)
	if err != nil {
		return nil, err
	}
	defer t.Release()
	rgba, err := engine.ReadPixels(ctx, e, t)
	out := make([]float32, len(rgba))
	for i, v := range rgba {
		out[i] = float32(v) / 255
	}
	return out, err
}
