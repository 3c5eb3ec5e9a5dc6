package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"unnoise/wasm/checkpoint"
	"unnoise/wasm/model"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// convertCmd makes a pack.
type convertCmd struct {
	Src       string `arg:"" help:"Folder saved by diffusers, or one of its .safetensors files."`
	Dst       string `arg:"" help:"Pack to write; replaced when it exists."`
	Dtype     string `enum:"fp16,fp32" default:"fp16" help:"Storage of matrices: fp16 or fp32."`
	Reference string `placeholder:"CASES" help:"Reference outputs from PyTorch (tools/golden writes them) to store as the probe."`
	Name      string `help:"The model's name for people; the folder's name otherwise."`
	Data      string `help:"What it was trained on, for the model card."`
	Licence   string `help:"Licence of the weights and data."`
	Training  string `help:"How it was trained."`
	Pictures  string `help:"How pictures of another size are prepared."`
}

// Run implements the command.
func (c *convertCmd) Run(ctx context.Context) error {
	fsys, weightFile, name, err := source(c.Src)
	if err != nil {
		return err
	}
	ck, err := checkpoint.OpenFolder(fsys, weightFile)
	if err != nil {
		return err
	}
	defer ck.Close()
	for _, note := range ck.Notes {
		fmt.Fprintln(os.Stderr, "convert: note: "+note)
	}
	pack, err := c.pack(ctx, ck, fsys, name)
	if err != nil {
		return err
	}
	if err := writeFile(ctx, c.Dst, pack); err != nil {
		return err
	}
	m, err := model.OpenBytes(pack, c.Dst)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s, %d parameters, %.1f MB, probe from %s\n", c.Dst, ck.Layout, m.Parameters(), float64(len(pack))/1e6, m.Probe[0].Origin)
	return nil
}

// source splits SRC into a file system and, where SRC is a file, the weights' name in it. A weights file in a folder
// unet/ belongs to the folder above, where scheduler/ is.
func source(src string) (fsys fs.FS, weightFile, name string, err error) {
	info, err := os.Stat(src)
	if err != nil {
		return nil, "", "", errors.New(src + ": cannot be read: no such file or folder")
	}
	abs, err := filepath.Abs(src)
	if err != nil {
		return nil, "", "", err
	}
	if info.IsDir() {
		return os.DirFS(abs), "", filepath.Base(abs), nil
	}
	dir, file := filepath.Dir(abs), filepath.Base(abs)
	if filepath.Base(dir) == "unet" {
		return os.DirFS(filepath.Dir(dir)), "unet/" + file, filepath.Base(filepath.Dir(dir)), nil
	}
	return os.DirFS(dir), file, filepath.Base(dir), nil
}

// pack converts in memory and adds the probe.
func (c *convertCmd) pack(ctx context.Context, ck *checkpoint.Checkpoint, fsys fs.FS, name string) ([]byte, error) {
	sum, err := ck.Hash(fsys)
	if err != nil {
		return nil, err
	}
	dtype := map[string]weights.DType{"fp16": weights.F16, "fp32": weights.F32}[c.Dtype]
	k, err := ck.Convert(dtype, c.provenance(ck, name, sum))
	if err != nil {
		return nil, err
	}
	if err := c.probe(ctx, k, ck); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := k.Write(&buf); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func (c *convertCmd) provenance(ck *checkpoint.Checkpoint, name string, sum [32]byte) model.Provenance {
	o := jsontree.NewObject()
	if c.Name != "" {
		name = c.Name
	}
	for _, p := range [][2]string{
		{"name", name}, {"layout", ck.Layout}, {"sha256", fmt.Sprintf("%x", sum)}, {"weights", "as stored (ema or not is not recorded in this layout)"},
		{"dtype", c.Dtype}, {"data", c.Data}, {"licence", c.Licence}, {"training", c.Training}, {"pictures", c.Pictures},
	} {
		if p[1] != "" {
			o.Set(p[0], p[1])
		}
	}
	return model.Provenance{Object: o}
}

// writeFile writes beside the destination and renames, so that a failure leaves what was there.
func writeFile(ctx context.Context, dst string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(dst), ".convert-*")
	if err != nil {
		return errors.New(dst + ": cannot be written: " + err.Error())
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = os.Rename(f.Name(), dst)
	}
	return err
}
