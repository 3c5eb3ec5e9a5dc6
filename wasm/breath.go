//go:build js && wasm

package main

import (
	"context"
	"syscall/js"
	"time"
)

// breathEvery is how long work goes on before messages are let in: how late a cancelled call ends, and what letting in costs
// (some 0.1 ms) is spread over.
const breathEvery = 30 * time.Millisecond

// breathing is the context of a call from JavaScript. Work that computes without waiting would keep the worker from hearing that it
// is cancelled; all such work asks Err between its operations, so Err lets messages in first. It must not be called from a
// JavaScript callback, which may not block. It has no children, which spares the page package context's book-keeping.
type breathing struct {
	context.Context // Background: no deadline, no values
	done            chan struct{}
	cancelled       bool
}

// Done implements context.Context.
func (b *breathing) Done() <-chan struct{} { return b.done }

// Err lets messages in where it is time to, and tells whether the call was cancelled.
func (b *breathing) Err() error {
	if !b.cancelled && time.Since(lastBreath) > breathEvery {
		breathe()
	}
	if b.cancelled {
		return context.Canceled
	}
	return nil
}

func (b *breathing) cancel() {
	if !b.cancelled {
		b.cancelled = true
		close(b.done)
	}
}

var (
	lastBreath = time.Now()
	channel    js.Value // a MessageChannel; timers would cost 4 ms each time
	breathers  []chan struct{}
)

// breathe gives the event loop a turn.
func breathe() {
	if channel.IsUndefined() {
		channel = js.Global().Get("MessageChannel").New()
		channel.Get("port1").Set("onmessage", js.FuncOf(func(js.Value, []js.Value) any {
			for _, c := range breathers {
				close(c)
			}
			breathers = nil
			return nil
		}))
	}
	c := make(chan struct{})
	breathers = append(breathers, c)
	channel.Get("port2").Call("postMessage", 0)
	<-c
	lastBreath = time.Now()
}

// contextOf is the context of a call: cancelled by the AbortSignal in the options that end its arguments, if they have one. done gives
// the listener back.
func contextOf(list args) (ctx context.Context, done func()) {
	if len(list) == 0 {
		return context.Background(), func() {}
	}
	signal := list.option(len(list)-1, "signal")
	if signal.Type() != js.TypeObject {
		return context.Background(), func() {}
	}
	b := &breathing{Context: context.Background(), done: make(chan struct{})}
	if signal.Get("aborted").Bool() {
		b.cancel()
	}
	onAbort := js.FuncOf(func(js.Value, []js.Value) any {
		b.cancel()
		return nil
	})
	signal.Call("addEventListener", "abort", onAbort)
	return b, func() {
		signal.Call("removeEventListener", "abort", onAbort)
		onAbort.Release()
	}
}

// reporter calls the function that v is with {done, total}, at most every reportEvery; it does nothing where v is no function.
func (v value) reporter(total int) func(done int) {
	if v.Type() != js.TypeFunction {
		return func(int) {}
	}
	var last time.Time
	return func(done int) {
		if now := time.Now(); done == total || now.Sub(last) > reportEvery {
			last = now
			v.Invoke(object("done", done, "total", total))
		}
	}
}

const reportEvery = 50 * time.Millisecond
