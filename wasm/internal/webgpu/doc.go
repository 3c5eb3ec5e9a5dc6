// Package webgpu is a small typed binding to the browser's WebGPU: what an engine of compute shaders needs, and no
// more. It asks for no optional feature and no limit above the default.
//
// Calls that JavaScript answers by a promise block the goroutine until the promise settles or the context ends.
// JavaScript exceptions and rejected promises become *Error; a lost device becomes an error that wraps ErrLost. WebGPU
// reports most mistakes later, outside the call that made them: Device.Scope brings those of a few calls back, and Device.Err has the first of the rest.
//
// Everything but this file is built for the browser alone.
package webgpu
