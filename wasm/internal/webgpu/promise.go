//go:build js && wasm

package webgpu

import (
	"context"
	"syscall/js"
	"time"
)

// Promise is a JavaScript promise that Go waits for.
type Promise struct {
	op    string
	done  chan struct{}
	at    time.Time // when it settled
	value js.Value
	err   error
	// explain, where set, says what stands behind a rejection.
	explain func(error) error
	// ask, where set, has the browser look whether the work of a GPU has ended.
	ask func()
}

// askEvery is how often a browser is asked whether work has ended while somebody waits for it.
const askEvery = 4 * time.Millisecond

// newPromise listens to a promise; its callbacks are released when it settles.
func newPromise(op string, v js.Value) *Promise {
	p := &Promise{op: op, done: make(chan struct{})}
	var fulfilled, rejected js.Func
	settle := func() {
		fulfilled.Release()
		rejected.Release()
		p.at = time.Now()
		close(p.done)
	}
	fulfilled = js.FuncOf(func(_ js.Value, args []js.Value) any {
		p.value = args[0]
		settle()
		return nil
	})
	rejected = js.FuncOf(func(_ js.Value, args []js.Value) any {
		p.err = fromJS(op, args[0])
		settle()
		return nil
	})
	v.Call("then", fulfilled, rejected)
	return p
}

// call invokes a method that returns a promise.
func call(op string, on js.Value, args ...any) (p *Promise, err error) {
	defer catch(op, &err)
	return newPromise(op, on.Call(op, args...)), nil
}

// await calls a method and waits for its promise.
func await(ctx context.Context, op string, on js.Value, args ...any) (js.Value, error) {
	p, err := call(op, on, args...)
	if err != nil {
		return js.Undefined(), err
	}
	return p.wait(ctx)
}

func (p *Promise) wait(ctx context.Context) (js.Value, error) {
	for {
		var impatient <-chan time.Time
		if p.ask != nil && !p.Settled() {
			impatient = time.After(askEvery)
		}
		select {
		case <-p.done:
			if p.err != nil && p.explain != nil {
				return p.value, p.explain(p.err)
			}
			return p.value, p.err
		case <-ctx.Done():
			return js.Undefined(), ctx.Err()
		case <-impatient:
			p.ask()
		}
	}
}

// Wait blocks until the promise settles or the context ends.
func (p *Promise) Wait(ctx context.Context) error {
	_, err := p.wait(ctx)
	return err
}

// At is when the promise settled.
func (p *Promise) At() time.Time { return p.at }

// Settled says whether Wait would return at once.
func (p *Promise) Settled() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}
