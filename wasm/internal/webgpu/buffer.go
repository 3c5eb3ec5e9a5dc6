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

// NewBuffer allocates; a size that is no multiple of 16 is rounded up, since shaders may read elements in fours. That there is not enough
// memory is known later: see Scope.
func (d *Device) NewBuffer(label string, size int, usage Usage) (b *Buffer, err error) {
	defer catch("createBuffer", &err)
	size = (size + 15) / 16 * 16
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

// Fetch is a copy of a buffer on its way to the program.
type Fetch struct {
	landing *Buffer
	mapped  *Promise
	data    []byte
}

// Fetch issues a copy to data, of a multiple of 4 bytes, from the start of a buffer, after the work submitted so far.
func (d *Device) Fetch(b *Buffer, data []byte) (*Fetch, error) {
	landing, err := d.NewBuffer("read", len(data), MapRead|CopyDst)
	if err != nil {
		return nil, d.explain(err)
	}
	if err := d.Replay(nil, []Copy{{Src: b, Dst: landing, Size: len(data)}}, nil); err != nil {
		landing.Destroy()
		return nil, d.explain(err)
	}
	mapped, err := d.work("mapAsync", landing.v, mapModeRead)
	if err != nil {
		landing.Destroy()
		return nil, err
	}
	return &Fetch{landing, mapped, data}, nil
}

// Wait blocks until the copy is there, or the context ends. It must be called once.
func (f *Fetch) Wait(ctx context.Context) error {
	defer f.landing.Destroy()
	if err := f.mapped.Wait(ctx); err != nil {
		return err
	}
	return f.landing.copyOut(f.data)
}

// Read is Fetch and Wait.
func (d *Device) Read(ctx context.Context, b *Buffer, data []byte) error {
	f, err := d.Fetch(b, data)
	if err != nil {
		return err
	}
	return f.Wait(ctx)
}

// copyOut copies a mapped buffer.
func (b *Buffer) copyOut(data []byte) (err error) {
	defer catch("getMappedRange", &err)
	mapped := b.v.Call("getMappedRange")
	js.CopyBytesToGo(data, js.Global().Get("Uint8Array").New(mapped))
	b.v.Call("unmap")
	return nil
}
