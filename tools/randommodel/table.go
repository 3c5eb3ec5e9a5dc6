package main

import (
	"fmt"
	"io"
	"io/fs"
	"testing/fstest"
	"time"

	"unnoise/wasm/checkpoint"
	"unnoise/wasm/unet"
)

// table prints what every model converts to. No weights are written or read: the converter looks at names and shapes.
func table(w io.Writer) error {
	fmt.Fprintln(w, "| model | convert with | parameters | pack, MB | GMAC a step |\n|---|---|---|---|---|")
	for _, name := range names() {
		m := models[name]
		c, err := m.open()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c.Close()
		plan, err := unet.Compile(c.Net)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		count, bytes := 0, 0
		for _, s := range m.specs() {
			count += s.len()
			if bytes += 4 * s.len(); len(s.shape) > 1 && s.name != "label_emb.weight" {
				bytes -= 2 * s.len()
			}
		}
		with := "the folder as it is"
		if m.preset != "" {
			with = "`--preset " + m.preset + "`: `" + m.flags + "`"
		}
		fmt.Fprintf(w, "| %s | %s | %d | %.0f | %.1f |\n", m.title, with, count, float64(bytes)/1e6, float64(plan.MACs())/1e9)
	}
	return nil
}

// open opens the model with weights that are all zero and take no room.
func (m published) open() (*checkpoint.Checkpoint, error) {
	files := fstest.MapFS{}
	for name, text := range m.texts {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	specs := m.specs()
	head, size := header(specs), 0
	for _, s := range specs {
		size += 4 * s.len()
	}
	name := "unet/diffusion_pytorch_model.safetensors"
	if m.pickle {
		name = "model.safetensors"
	}
	o := checkpoint.Options{WeightFile: name}
	if m.preset != "" {
		s, err := checkpoint.Preset(m.preset)
		if err != nil {
			return nil, err
		}
		o.Settings = s
	}
	return checkpoint.Open(&virtual{files, name, head, int64(len(head) + size)}, o)
}

// virtual is a folder with one large file that begins with head and goes on with zeros.
type virtual struct {
	fstest.MapFS
	name string
	head []byte
	size int64
}

// Open implements fs.FS.
func (v *virtual) Open(name string) (fs.File, error) {
	if name != v.name {
		return v.MapFS.Open(name)
	}
	return &zeros{v: v}, nil
}

// zeros is the large file.
type zeros struct {
	v  *virtual
	at int64
}

func (z *zeros) Stat() (fs.FileInfo, error) { return info{z.v}, nil }
func (z *zeros) Close() error               { return nil }

func (z *zeros) Read(p []byte) (int, error) {
	n, err := z.ReadAt(p, z.at)
	z.at += int64(n)
	return n, err
}

// ReadAt implements io.ReaderAt.
func (z *zeros) ReadAt(p []byte, at int64) (int, error) {
	n := int(min(int64(len(p)), z.v.size-at))
	clear(p[:n])
	if at < int64(len(z.v.head)) {
		copy(p[:n], z.v.head[at:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

type info struct{ v *virtual }

func (i info) Name() string       { return i.v.name }
func (i info) Size() int64        { return i.v.size }
func (i info) Mode() fs.FileMode  { return 0o444 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }
