//go:build js && wasm

package webgpu

import (
	"errors"
	"syscall/js"
)

// ErrUnavailable says that this browser, or this page, has no WebGPU at all.
var ErrUnavailable = errors.New("WebGPU: not available in this browser")

// ErrNoAdapter says that the browser has WebGPU but no GPU to offer.
var ErrNoAdapter = errors.New("WebGPU: the browser offers no adapter")

// ErrLost says that the device is gone: the GPU was reset, unplugged or taken away, or Destroy was called.
var ErrLost = errors.New("WebGPU: device lost")

// Error is a JavaScript exception, a rejected promise or an error that WebGPU reported.
type Error struct {
	Op      string // the call: "createBuffer"
	Name    string // the class of the error: "OperationError", "GPUValidationError"
	Message string
}

func (e *Error) Error() string { return "WebGPU: " + e.Op + ": " + e.Name + ": " + e.Message }

// lostError carries the browser's reason.
type lostError struct{ reason string }

func (e *lostError) Error() string { return ErrLost.Error() + ": " + e.reason }
func (e *lostError) Unwrap() error { return ErrLost }

// fromJS makes an Error of whatever was thrown.
func fromJS(op string, v js.Value) *Error {
	if v.Type() != js.TypeObject {
		return &Error{op, "exception", v.String()}
	}
	name := v.Get("name")
	if name.Type() != js.TypeString {
		name = v.Get("constructor").Get("name") // GPUError has a message but no name
	}
	return &Error{op, name.String(), v.Get("message").String()}
}

// catch turns a JavaScript exception into an error; it is deferred.
func catch(op string, err *error) {
	switch r := recover().(type) {
	case nil:
	case js.Error:
		*err = fromJS(op, r.Value)
	default:
		panic(r)
	}
}
