//go:build js && wasm

package webgpu

import (
	"context"
	"syscall/js"
)

// Usage says what a buffer is for; the values are WebGPU's GPUBufferUsage.
type Usage int

// The usages.
const (
	MapRead Usage = 0x0001
	CopySrc Usage = 0x0004
	CopyDst Usage = 0x0008
	Uniform Usage = 0x0040
	Storage Usage = 0x0080
)

const mapModeRead = 0x0001 // GPUMapMode.READ

// Buffer is memory of the GPU, zero at first.
type Buffer struct {
	v    js.Value
	Size int // bytes
}

// NewBuffer allocates; a size that is no multiple of 4 is rounded up. That there is not enough memory is known later: see Scope.
func (d *Device) NewBuffer(label string, size int, usage Usage) (b *Buffer, err error) {
	defer catch("createBuffer", &err)
	size = (size + 3) / 4 * 4
	v := d.v.Call("createBuffer", map[string]any{"label": label, "size": size, "usage": int(usage)})
	return &Buffer{v, size}, nil
}

// Destroy frees the memory, after the work that uses it.
func (b *Buffer) Destroy() { b.v.Call("destroy") }

// transfer is the most bytes handed to the queue at once.
const transfer = 4 << 20

// Write copies data to a buffer, in order with the work submitted before and after. Offset and len(data) are multiples of 4.
func (d *Device) Write(b *Buffer, offset int, data []byte) (err error) {
	defer catch("writeBuffer", &err)
	for len(data) > 0 {
		n := min(len(data), transfer)
		js.CopyBytesToJS(d.bytes(n), data[:n])
		d.queue.Call("writeBuffer", b.v, offset, d.scratch, 0, n)
		data, offset = data[n:], offset+n
	}
	return nil
}

// bytes is a JavaScript array of at least n bytes, the same every time.
func (d *Device) bytes(n int) js.Value {
	if d.scratchOf < n {
		d.scratch, d.scratchOf = js.Global().Get("Uint8Array").New(n), n
	}
	return d.scratch
}

// Read waits for the work submitted so far and copies len(data) bytes, a multiple of 4, from the start of a buffer.
func (d *Device) Read(ctx context.Context, b *Buffer, data []byte) error {
	landing, err := d.NewBuffer("read", len(data), MapRead|CopyDst)
	if err != nil {
		return d.explain(err)
	}
	defer landing.Destroy()
	if err := d.Replay(nil, []Copy{{Src: b, Dst: landing, Size: len(data)}}, nil); err != nil {
		return d.explain(err)
	}
	if _, err := await(ctx, "mapAsync", landing.v, mapModeRead); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return d.explain(err)
	}
	return landing.copyOut(data)
}

// copyOut copies a mapped buffer.
func (b *Buffer) copyOut(data []byte) (err error) {
	defer catch("getMappedRange", &err)
	mapped := b.v.Call("getMappedRange")
	js.CopyBytesToGo(data, js.Global().Get("Uint8Array").New(mapped))
	b.v.Call("unmap")
	return nil
}
