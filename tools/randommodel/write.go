package main

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// write makes the model's files in dir.
func write(name, dir string, seed uint64) error {
	m, ok := models[name]
	if !ok {
		return fmt.Errorf("unknown model %q, expected %s", name, strings.Join(names(), ", "))
	}
	for file, text := range m.texts {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(file)), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
			return err
		}
	}
	file, save := "unet/diffusion_pytorch_model.safetensors", safetensors
	if m.pickle {
		file, save = "model.pt", archive
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o777); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, file))
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	err = save(w, m.specs(), rand.New(rand.NewPCG(seed, 0)))
	if e := w.Flush(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// values writes a tensor: uniform with variance 1/fan_in; around 1 for the weights of norms.
func values(w io.Writer, s spec, r *rand.Rand) error {
	bound, mean := 0.1, float32(0)
	if len(s.shape) > 1 {
		bound = math.Sqrt(3 / float64(s.len()/s.shape[0]))
	} else if strings.HasSuffix(s.name, ".weight") {
		mean = 1
	}
	buf := make([]byte, 0, 1<<16)
	for n := s.len(); n > 0; n -= len(buf) / 4 {
		buf = buf[:0]
		for range min(n, cap(buf)/4) {
			x := mean + float32(bound*(2*r.Float64()-1))
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(x))
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// header is the start of a .safetensors file.
func header(specs []spec) []byte {
	o, at := jsontree.NewObject(), 0
	for _, s := range specs {
		end := at + 4*s.len()
		o.Set(s.name, jsontree.NewObject().Set("dtype", string(weights.F32)).Set("shape", jsontree.Ints(s.shape)).Set("data_offsets", []any{at, end}))
		at = end
	}
	text := jsontree.Append(nil, o)
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
}

func safetensors(w io.Writer, specs []spec, r *rand.Rand) error {
	if _, err := w.Write(header(specs)); err != nil {
		return err
	}
	for _, s := range specs {
		if err := values(w, s, r); err != nil {
			return err
		}
	}
	return nil
}

// archive writes what torch.save does: data.pkl and one stored entry a tensor.
func archive(w io.Writer, specs []spec, r *rand.Rand) error {
	z := zip.NewWriter(w)
	entry := func(name string) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: "model/" + name, Method: zip.Store})
	}
	e, err := entry("data.pkl")
	if err != nil {
		return err
	}
	if _, err := e.Write(pickled(specs)); err != nil {
		return err
	}
	for i, s := range specs {
		if e, err = entry("data/" + strconv.Itoa(i)); err != nil {
			return err
		}
		if err := values(e, s, r); err != nil {
			return err
		}
	}
	return z.Close()
}

// pickled is an OrderedDict of tensors in protocol 2.
func pickled(specs []spec) []byte {
	b := []byte("\x80\x02ccollections\nOrderedDict\n)R(")
	text := func(s string) {
		b = append(append(b, 'X'), binary.LittleEndian.AppendUint32(nil, uint32(len(s)))...)
		b = append(b, s...)
	}
	number := func(n int) { b = append(append(b, 'J'), binary.LittleEndian.AppendUint32(nil, uint32(n))...) }
	for i, s := range specs {
		text(s.name)
		b = append(b, "ctorch._utils\n_rebuild_tensor_v2\n(("...)
		text("storage")
		b = append(b, "ctorch\nFloatStorage\n"...)
		text(strconv.Itoa(i))
		text("cpu")
		number(s.len())
		b = append(b, "tQK\x00("...)
		for _, d := range s.shape {
			number(d)
		}
		b = append(b, "t("...)
		stride := s.len()
		for _, d := range s.shape {
			stride /= d
			number(stride)
		}
		b = append(b, "t\x89ccollections\nOrderedDict\n)RtR"...)
	}
	return append(b, "u."...)
}
