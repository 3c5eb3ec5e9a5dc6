package checkpoint

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"unnoise/wasm/checkpoint/pickle"
	"unnoise/weights"
)

// openWeights opens a file of tensors of fsys, of either kind, told by its content: a name says nothing. want chooses the weights
// ("ema", "raw" or ""), where the file holds several.
func (c *Checkpoint) openWeights(fsys fs.FS, name, want string) error {
	f, err := fsys.Open(name)
	if err != nil {
		return errors.New(name + ": cannot be opened: no such file")
	}
	c.close, c.Files = append(c.close, f), append(c.Files, name)
	info, err := f.Stat()
	if err != nil {
		return errors.New(name + ": " + err.Error())
	}
	r, ok := f.(io.ReaderAt)
	if !ok || info.IsDir() {
		return errors.New(name + ": is no file with random access")
	}
	if isPickle(r) {
		return c.openPickle(r, info.Size(), name, want)
	}
	return c.openSafetensors(r, info.Size(), name, want)
}

// isPickle tells a zip archive or a pickle from a .safetensors file, whose first eight bytes are a length, any, and whose
// ninth opens an object.
func isPickle(r io.ReaderAt) bool {
	var start [9]byte
	n, _ := r.ReadAt(start[:], 0)
	zip, proto := string(start[:4]) == "PK\x03\x04", start[0] == 0x80 && start[1] >= 2 && start[1] <= 5
	return n >= 2 && (zip || proto) && start[8] != '{'
}

func (c *Checkpoint) openSafetensors(r io.ReaderAt, size int64, name, want string) error {
	w, err := weights.Open(r, size, name)
	if err != nil {
		return err
	}
	if c.setKind(fileKind(name)); want != "" && c.kind != want {
		return errors.New(name + ": does not say whether its weights are " + want + ": leave --weights away")
	}
	names := make([]string, len(w.Entries))
	for i, e := range w.Entries {
		names[i] = e.Name
	}
	stripWrappers(names)
	for i, e := range w.Entries {
		if err := c.add(&stored{name, names[i], e.DType, e.Shape, w.Reader(e.Name)}); err != nil {
			return err
		}
	}
	return nil
}

func (c *Checkpoint) openPickle(r io.ReaderAt, size int64, name, want string) error {
	p, err := pickle.Open(r, size, name)
	if err != nil {
		return err
	}
	found := statesOf(p.Root)
	if len(found) == 1 && found[0].kind != "ema" {
		if kind := fileKind(name); kind != "" {
			found[0].kind = kind // the file's name tells more
		}
	}
	s, err := chooseState(found, want, name)
	if err != nil {
		return err
	}
	c.setKind(s.kind)
	if len(found) > 1 {
		c.Notes = append(c.Notes, name+": took "+s.text()+"; --weights chooses")
	}
	names := make([]string, len(s.dict.Keys))
	for i, k := range s.dict.Keys {
		names[i], _ = k.(string)
	}
	stripWrappers(names)
	for i, v := range s.dict.Values {
		t, _ := v.(*pickle.Tensor)
		if err := c.add(&stored{name, names[i], t.DType, t.Shape, t}); err != nil {
			return err
		}
	}
	return nil
}

// setKind notes which weights were taken; shards must agree.
func (c *Checkpoint) setKind(kind string) {
	if c.kind == "" {
		c.kind = kind
	}
}

// fileKind reads a file's name: OpenAI's programs write ema_0.9999_500000.pt beside model500000.pt.
func fileKind(name string) string {
	base := strings.ToLower(path.Base(name))
	switch {
	case strings.HasPrefix(base, "ema_") || strings.Contains(base, "_ema") || strings.HasPrefix(base, "ema."):
		return "ema"
	case strings.HasPrefix(path.Base(path.Dir(name)), "ema_") || path.Base(path.Dir(name)) == "unet_ema":
		return "ema"
	}
	return ""
}

// kindText is what the provenance says of the weights.
func (c *Checkpoint) kindText() string {
	if c.kind == "" {
		return "as stored (the file does not say whether ema)"
	}
	return c.kind
}
