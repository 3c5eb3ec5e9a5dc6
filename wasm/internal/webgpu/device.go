//go:build js && wasm

package webgpu

import (
	"context"
	"errors"
	"syscall/js"
	"time"
)

// The limits every WebGPU device has; nothing here goes beyond them.
const (
	MaxBinding    = 128 << 20 // bytes of a storage buffer that a shader sees
	MaxWorkgroups = 65535     // workgroups in each direction of a dispatch
	UniformAlign  = 256       // bytes between uniform blocks of one buffer
)

// lossGrace is how long a failed call waits for the news that the device is lost, which arrives by its own promise.
const lossGrace = 200 * time.Millisecond

// Device is an open GPU and its queue.
type Device struct {
	v, queue  js.Value
	nothing   js.Value // an empty list of command buffers
	lost      *Promise
	firstErr  error
	onError   js.Func
	scratch   js.Value // Uint8Array that carries bytes between Go and the queue
	scratchOf int      // its size
}

func newDevice(v js.Value) *Device {
	d := &Device{v: v, queue: v.Get("queue"), nothing: js.Global().Get("Array").New(), lost: newPromise("device", v.Get("lost"))}
	d.onError = js.FuncOf(func(_ js.Value, args []js.Value) any {
		if d.firstErr == nil {
			d.firstErr = fromJS("device", args[0].Get("error"))
		}
		return nil
	})
	v.Call("addEventListener", "uncapturederror", d.onError)
	return d
}

// Err is the device's state: an error that wraps ErrLost, the first error nobody was waiting for, or nil.
func (d *Device) Err() error {
	if d.lost.Settled() {
		return d.lossError()
	}
	// What was issued on a device that is being lost may fail before the loss is told.
	return d.explain(d.firstErr)
}

func (d *Device) lossError() error {
	if d.lost.err != nil {
		return &lostError{d.lost.err.Error()}
	}
	reason := d.lost.value.Get("reason").String()
	if message := d.lost.value.Get("message").String(); message != "" {
		reason += ": " + message
	}
	return &lostError{reason}
}

// explain replaces the error of a failed call by the loss of the device where that is the cause.
func (d *Device) explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	select {
	case <-d.lost.done:
		return d.lossError()
	case <-time.After(lossGrace):
		return err
	}
}

// Done is a promise for the end of all work submitted so far.
func (d *Device) Done() (*Promise, error) { return d.work("onSubmittedWorkDone", d.queue) }

// work calls a method whose promise waits for the GPU.
func (d *Device) work(op string, on js.Value, args ...any) (*Promise, error) {
	p, err := call(op, on, args...)
	if err != nil {
		return nil, d.explain(err)
	}
	// A browser may reject it when the device is lost, where the standard lets it resolve.
	p.explain, p.ask = d.explain, d.submitNothing
	return p, nil
}

// submitNothing makes Firefox look which work has ended: by itself it does so ten times a second, and whenever something is submitted.
func (d *Device) submitNothing() {
	var err error // of a lost device, whose promises settle otherwise
	defer catch("submit", &err)
	d.queue.Call("submit", d.nothing)
}

// Scope runs f and waits for the validation and out-of-memory errors of the calls it makes.
func (d *Device) Scope(ctx context.Context, f func() error) error {
	d.v.Call("pushErrorScope", "out-of-memory")
	d.v.Call("pushErrorScope", "validation")
	err := f()
	for range 2 {
		v, popErr := await(ctx, "popErrorScope", d.v)
		switch {
		case err != nil:
		case popErr != nil:
			err = d.explain(popErr)
		case !v.IsNull():
			err = fromJS("device", v)
		}
	}
	if err == nil {
		err = d.Err()
	}
	return err
}

// Destroy gives the GPU back; everything made from the device is dead afterwards.
func (d *Device) Destroy() {
	d.v.Call("removeEventListener", "uncapturederror", d.onError)
	d.onError.Release()
	d.v.Call("destroy")
}
