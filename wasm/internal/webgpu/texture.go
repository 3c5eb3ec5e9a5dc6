//go:build js && wasm

package webgpu

import "syscall/js"

// MaxTexture is the largest side of a texture that every device has.
const MaxTexture = 8192

// Kind is what a shader sees at a binding.
type Kind int

// The kinds of bindings that shaders read or write.
const (
	Memory Kind = iota // a storage buffer
	Floats             // a texture of four float32 a texel, read without filtering
	Words              // a texture of four 32-bit words a texel
)

var formats = map[Kind]string{Floats: "rgba32float", Words: "rgba32uint"}

// read is the entry of a bind group's layout for a binding that is read.
func (k Kind) read(entry map[string]any) {
	switch k {
	case Floats:
		entry["texture"] = map[string]any{"sampleType": "unfilterable-float"}
	case Words:
		entry["texture"] = map[string]any{"sampleType": "uint"}
	default:
		entry["buffer"] = map[string]any{"type": "read-only-storage"}
	}
}

// written is the entry of the binding that is written.
func (k Kind) written(entry map[string]any) {
	if k == Memory {
		entry["buffer"] = map[string]any{"type": "storage"}
		return
	}
	entry["storageTexture"] = map[string]any{"access": "write-only", "format": formats[k]}
}

// Resource is what a bind group binds: a Buffer or a Texture.
type Resource interface {
	Destroy()
	resource() any
}

func (b *Buffer) resource() any { return map[string]any{"buffer": b.v} }

// Texture is a rectangle of texels of four 32-bit values, zero at first.
type Texture struct {
	v, view       js.Value
	Width, Height int
}

// The usages of a texture: GPUTextureUsage's.
const (
	textureCopyDst = 0x02
	textureRead    = 0x04
	textureWritten = 0x08
)

// NewTexture allocates a texture of Floats or Words that shaders read and write. That there is not enough memory is known later: see Scope.
func (d *Device) NewTexture(label string, kind Kind, width, height int) (t *Texture, err error) {
	defer catch("createTexture", &err)
	v := d.v.Call("createTexture", map[string]any{"label": label, "size": []any{width, height}, "format": formats[kind],
		"usage": textureCopyDst | textureRead | textureWritten})
	return &Texture{v, v.Call("createView"), width, height}, nil
}

// Destroy frees the memory, after the work that uses it.
func (t *Texture) Destroy() { t.v.Call("destroy") }

func (t *Texture) resource() any { return t.view }

// Fill copies rows of texels, 16 bytes each, from the top of a texture on.
func (d *Device) Fill(t *Texture, data []byte) (err error) {
	defer catch("writeTexture", &err)
	row := 16 * t.Width
	step := max(transfer/row, 1)
	for y := 0; len(data) > 0; y += step {
		n := min(len(data), step*row)
		js.CopyBytesToJS(d.bytes(n), data[:n])
		d.queue.Call("writeTexture", map[string]any{"texture": t.v, "origin": []any{0, y}}, d.scratch,
			map[string]any{"bytesPerRow": row}, []any{t.Width, n / row})
		data = data[n:]
	}
	return nil
}
