//go:build js && wasm

package main

import (
	"context"
	"errors"
	"math"
	"strconv"
	"syscall/js"

	"unnoise/wasm/engine/webgpu"
	"unnoise/wasm/model"
	"unnoise/weights"
)

// promised wraps f as a JavaScript function that returns a promise. f runs in a goroutine of its own, so that it may
// wait for other promises: a callback that blocked would stop the event loop for good.
func promised(f func(context.Context, args) (any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, list []js.Value) any {
		return promise(func() (any, error) {
			ctx, done := contextOf(list)
			defer done()
			return f(ctx, list)
		})
	})
}

// promise is a JavaScript promise of what f gives, in a goroutine of its own.
func promise(f func() (any, error)) js.Value {
	var executor js.Func
	executor = js.FuncOf(func(_ js.Value, p []js.Value) any {
		defer executor.Release()
		go settle(f, p[0], p[1])
		return nil
	})
	return js.Global().Get("Promise").New(executor)
}

func settle(f func() (any, error), resolve, reject js.Value) {
	defer func() {
		if r := recover(); r != nil {
			reject.Invoke(jsError("EngineError", "the program failed: "+panicText(r)+". Reload the page."))
		}
	}()
	v, err := f()
	if err != nil {
		reject.Invoke(jsError(nameOf(err), err.Error()))
		return
	}
	resolve.Invoke(js.ValueOf(v))
}

func panicText(r any) string {
	switch v := r.(type) {
	case error:
		return v.Error()
	case string:
		return v
	}
	return "unknown cause"
}

func jsError(name, message string) js.Value {
	e := js.Global().Get("Error").New(message)
	e.Set("name", name)
	return e
}

// namedError is an error with the name it has in JavaScript.
type namedError struct {
	name string
	err  error
}

func (e *namedError) Error() string { return e.err.Error() }
func (e *namedError) Unwrap() error { return e.err }

// within says what was done when an error came.
type within struct {
	what string
	err  error
}

func (e *within) Error() string { return e.what + ": " + e.err.Error() }
func (e *within) Unwrap() error { return e.err }

func named(name string, err error) error { return &namedError{name, err} }

func usage(message string) error { return named("UsageError", errors.New(message)) }

// nameOf is the name of an error's kind.
func nameOf(err error) string {
	n, isNamed := errors.AsType[*namedError](err)
	_, ofPack := errors.AsType[*weights.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "AbortError"
	case errors.Is(err, webgpu.ErrDeviceLost):
		return "DeviceLostError"
	case isNamed:
		return n.name
	case errors.Is(err, model.ErrUnsupported):
		return "UnsupportedModelError"
	case ofPack:
		return "PackError"
	}
	return "EngineError"
}

// args are a call's arguments.
type args []js.Value

// value is one argument or option; an absent one takes its default.
type value struct{ js.Value }

func (a args) at(i int) value {
	if i >= len(a) {
		return value{js.Undefined()}
	}
	return value{a[i]}
}

func (a args) option(i int, key string) value {
	if o := a.at(i); o.Type() == js.TypeObject {
		return value{o.Get(key)}
	}
	return value{js.Undefined()}
}

func (a args) int(i int) int { return a.at(i).int(0) }

// bytes copies a Uint8Array; anything else is empty.
func (a args) bytes(i int) []byte {
	v := a.at(i)
	if !v.InstanceOf(js.Global().Get("Uint8Array")) {
		return nil
	}
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v.Value)
	return b
}

func (v value) string(def string) string {
	if v.Type() != js.TypeString {
		return def
	}
	return v.Value.String()
}

func (v value) float(def float64) float64 {
	if v.Type() != js.TypeNumber {
		return def
	}
	return v.Float()
}

func (v value) int(def int) int { return int(v.float(float64(def))) }

func (v value) bool(def bool) bool {
	if v.Type() != js.TypeBoolean {
		return def
	}
	return v.Bool()
}

func (v value) ints() []int {
	if v.Type() != js.TypeObject {
		return nil
	}
	out := make([]int, v.Length())
	for i := range out {
		out[i] = value{v.Index(i)}.int(-1)
	}
	return out
}

func (v value) floats() []float64 {
	if v.Type() != js.TypeObject {
		return nil
	}
	out := make([]float64, v.Length())
	for i := range out {
		out[i] = value{v.Index(i)}.float(math.NaN())
	}
	return out
}

// seed reads a seed from 0 to 2^64-1: a number, or decimal text where a number has too few digits.
func (v value) seed() (uint64, error) {
	switch v.Type() {
	case js.TypeUndefined, js.TypeNull:
		return 0, nil
	case js.TypeNumber:
		if x := v.Float(); x >= 0 && x <= 1<<53 && x == float64(uint64(x)) {
			return uint64(x), nil
		}
	case js.TypeString:
		if n, err := strconv.ParseUint(v.Value.String(), 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, usage("the seed must be a whole number from 0 to 18446744073709551615 (as text above 2^53)")
}

// object is a JavaScript object from keys and values.
func object(pairs ...any) map[string]any {
	o := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		o[pairs[i].(string)] = pairs[i+1]
	}
	return o
}

// bytesToJS copies b into a new Uint8Array.
func bytesToJS(b []byte) js.Value {
	a := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(a, b)
	return a
}
