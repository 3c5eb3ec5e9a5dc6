package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"unnoise/wasm/certificate"
	"unnoise/wasm/checkpoint"
	"unnoise/wasm/model"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// convertCmd makes a pack.
type convertCmd struct {
	Src       string `arg:"" help:"Folder or file of a trained network; what is read is listed above."`
	Dst       string `arg:"" help:"Pack to write; replaced when it exists."`
	Dtype     string `enum:"fp16,fp32" default:"fp16" help:"Storage of matrices: fp16 or fp32."`
	Reference string `placeholder:"CASES" help:"Reference outputs from PyTorch (tools/golden writes them) to store as the probe."`
	checkpointFlags
	Certificate string `enum:"none,quick,full" default:"quick" help:"How much to compare with the checkpoint: quick takes about a minute at most, full ten timesteps and a chain of 50 steps."`
	JSON        bool   `name:"json" help:"Print what was made as JSON."`
	Name        string `help:"The model's name for people; the folder's name otherwise."`
	Data        string `help:"What it was trained on, for the model card."`
	Licence     string `help:"Licence of the weights and data."`
	Training    string `help:"How it was trained."`
	Pictures    string `help:"How pictures of another size are prepared."`
}

// checkpointFlags say how a checkpoint is to be read.
type checkpointFlags struct {
	Weights string `enum:"ema,raw," default:"" help:"Which weights to take where there are both: ema (the moving average, taken by itself) or raw."`
	Flags   string `placeholder:"FILE" help:"The training program's hyper-parameters under their own names, JSON or YAML, for what tensors do not tell."`
	Preset  string `placeholder:"NAME" help:"Hyper-parameters of a published model: ${presets}."`
}

// open opens SRC.
func (c *checkpointFlags) open(src string) (*checkpoint.Checkpoint, fs.FS, string, error) {
	fsys, weightFile, name, err := source(src)
	if err != nil {
		return nil, nil, "", err
	}
	settings, err := c.settings()
	if err != nil {
		return nil, nil, "", err
	}
	ck, err := checkpoint.Open(fsys, checkpoint.Options{WeightFile: weightFile, Weights: c.Weights, Settings: settings})
	return ck, fsys, name, err
}

func (c *checkpointFlags) settings() (*checkpoint.Settings, error) {
	switch {
	case c.Flags != "" && c.Preset != "":
		return nil, errors.New("--flags and --preset both give hyper-parameters: name one")
	case c.Preset != "":
		return checkpoint.Preset(c.Preset)
	case c.Flags == "":
		return nil, nil
	}
	data, err := os.ReadFile(c.Flags)
	if err != nil {
		return nil, errors.New(c.Flags + ": cannot be read: no such file")
	}
	return checkpoint.NewSettings(data, c.Flags)
}

// Run implements the command.
func (c *convertCmd) Run(ctx context.Context) error {
	ck, fsys, name, err := c.open(c.Src)
	if err != nil {
		return err
	}
	defer ck.Close()
	printNotes(ck.Notes)
	said := len(ck.Notes)
	out, err := newOutput(c.Dst)
	if err != nil {
		return err
	}
	defer out.discard()
	k, err := c.convert(ctx, ck, fsys, name, out)
	if err != nil {
		return err
	}
	printNotes(ck.Notes[said:])
	if err := out.finish(ctx, k.Header()); err != nil {
		return err
	}
	m, size, err := openModel(c.Dst)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(os.Stdout, packObject(c.Dst, m, size))
		return nil
	}
	if m.Certificate != nil {
		printCertificate(os.Stdout, m.Certificate, false)
	}
	fmt.Printf("%s: %s, weights %s, %d parameters, %.1f MB, probe from %s\n", c.Dst, ck.Layout, ck.Weights, m.Parameters(), float64(size)/1e6, m.Probe[0].Origin)
	return nil
}

func printNotes(notes []string) {
	for _, note := range notes {
		fmt.Fprintln(os.Stderr, "convert: note: "+note)
	}
}

// convert writes the data and computes what goes with it.
func (c *convertCmd) convert(ctx context.Context, ck *checkpoint.Checkpoint, fsys fs.FS, name string, out *output) (*checkpoint.Converted, error) {
	sum, err := ck.Hash(fsys)
	if err != nil {
		return nil, err
	}
	dtype := map[string]weights.DType{"fp16": weights.F16, "fp32": weights.F32}[c.Dtype]
	k, err := ck.Convert(ctx, out, dtype, c.provenance(ck, name, sum))
	if err != nil {
		return nil, err
	}
	n := certificate.Network{Net: ck.Net, Plan: k.Plan, Process: &ck.Process, Exact: ck, Pack: k.Source(out)}
	if err := c.probe(ctx, k, n); err != nil {
		return nil, err
	}
	return k, c.certify(ctx, k, n, os.Stderr)
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
	if base := filepath.Base(dir); base == "unet" || base == "unet_ema" {
		return os.DirFS(filepath.Dir(dir)), base + "/" + file, filepath.Base(filepath.Dir(dir)), nil
	}
	return os.DirFS(dir), file, filepath.Base(dir), nil
}

func (c *convertCmd) provenance(ck *checkpoint.Checkpoint, name string, sum [32]byte) model.Provenance {
	o := jsontree.NewObject()
	if c.Name != "" {
		name = c.Name
	}
	for _, p := range [][2]string{
		{"name", name}, {"layout", ck.Layout}, {"settings", ck.Settings}, {"sha256", fmt.Sprintf("%x", sum)}, {"weights", ck.Weights},
		{"dtype", c.Dtype}, {"data", c.Data}, {"licence", c.Licence}, {"training", c.Training}, {"pictures", c.Pictures},
	} {
		if p[1] != "" {
			o.Set(p[0], p[1])
		}
	}
	return model.Provenance{Object: o}
}
