//go:build js && wasm

package webgpu

import (
	"context"
	"errors"
	"strconv"
	"unsafe"

	"unnoise/wasm/engine"
	"unnoise/wasm/internal/webgpu"
)

// tensor is an NHWC buffer.
type tensor struct {
	e     *Engine
	shape engine.Shape
	buf   *webgpu.Buffer // nil after Release
}

// NewTensor implements engine.Engine; the content is zero.
func (e *Engine) NewTensor(s engine.Shape) (engine.Tensor, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	if err := checkSize("tensor "+s.String(), s.Len()); err != nil {
		return nil, err
	}
	buf, err := e.dev.NewBuffer("tensor", 4*s.Len(), webgpu.Storage|webgpu.CopySrc|webgpu.CopyDst)
	if err != nil {
		return nil, err
	}
	return &tensor{e, s, buf}, nil
}

// checkSize reports an array of n float32 that is larger than every device can bind.
func checkSize(what string, n int) error {
	if n > webgpu.MaxBinding/4 {
		return errors.New("WebGPU: " + what + " needs " + strconv.Itoa((n+1<<18-1)>>18) + " MiB in one buffer, " + strconv.Itoa(webgpu.MaxBinding>>20) + " are certain")
	}
	return nil
}

// Shape implements engine.Tensor.
func (t *tensor) Shape() engine.Shape { return t.shape }

// Write implements engine.Tensor.
func (t *tensor) Write(values []float32) error {
	if err := t.check(len(values)); err != nil {
		return err
	}
	nhwc := make([]float32, len(values))
	t.shape.ToNHWC(nhwc, values)
	return t.e.dev.Write(t.buf, 0, bytesOf(nhwc))
}

// Fetch implements engine.Tensor.
func (t *tensor) Fetch(values []float32) (engine.Fetch, error) {
	if err := t.check(len(values)); err != nil {
		return nil, err
	}
	nhwc := make([]float32, len(values))
	f, err := t.e.dev.Fetch(t.buf, bytesOf(nhwc))
	if err != nil {
		return nil, err
	}
	return &fetch{t.e, f, func() { t.shape.ToNCHW(values, nhwc) }}, nil
}

// Read implements engine.Tensor.
func (t *tensor) Read(ctx context.Context, values []float32) error {
	f, err := t.Fetch(values)
	return engine.Await(ctx, f, err)
}

// fetch is a copy on its way, and what is done with it then.
type fetch struct {
	e      *Engine
	copy   *webgpu.Fetch
	arrive func()
}

// Wait implements engine.Fetch.
func (f *fetch) Wait(ctx context.Context) error {
	if err := f.copy.Wait(ctx); err != nil {
		return err
	}
	if err := f.e.check(); err != nil {
		return err
	}
	f.arrive()
	return nil
}

func (t *tensor) check(n int) error {
	if t.buf == nil {
		return engine.ErrUnknownTensor
	}
	if err := t.shape.CheckLen(n); err != nil {
		return err
	}
	return t.e.check()
}

// Release implements engine.Tensor.
func (t *tensor) Release() {
	if t.buf != nil {
		t.e.forget(t.buf)
		t.buf.Destroy()
		t.buf = nil
	}
}

// own is the tensor if it is this engine's and alive.
func (e *Engine) own(t engine.Tensor) (*tensor, error) {
	mine, ok := t.(*tensor)
	if !ok || mine.e != e || mine.buf == nil {
		return nil, engine.ErrUnknownTensor
	}
	return mine, nil
}

// word is an element that the GPU reads as it stands in memory: WebAssembly and GPUs are little-endian.
type word interface{ uint16 | uint32 | float32 }

// bytesOf views a slice as bytes.
func bytesOf[T word](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}
