package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"unnoise/wasm/codec"
	"unnoise/wasm/picture"
)

// encodeCmd codes a picture.
type encodeCmd struct {
	modelFlags
	Image     string `arg:"" help:"Picture (PNG, JPEG, GIF, WebP, BMP). One of the model's size is used untouched; another is cropped around the middle and resized."`
	Out       string `required:"" short:"o" placeholder:"FILE" help:"File to write."`
	BlockBits int    `default:"14" help:"Bits that one index conveys, 6 to 18: more take less room and, for every bit, twice the time."`
	Label     int    `default:"-1" help:"Class label of the picture; -1 for none."`
	JSON      bool   `name:"json" help:"Print JSON alone: bits, bound_bits, their ratio, and both per step."`
}

// Help tells what the flags do not.
func (c *encodeCmd) Help() string {
	return `Codes a picture with the model (Ho et al. 2020, Algorithm 3) by reverse channel coding. The bound is the sum of the divergences KL(q(x_s | x_t, x_0) || p(x_s | x_t)) of the steps taken, which no coder of these steps can go below on average. Files of ten test digits were 1.20 to 1.41 times as large; fewer bits an index, and pictures so small that the 11 bytes of the header count, take more.

Example:
  sample encode --model digits.safetensors five.png -o five.ud`
}

// Validate reports values outside their range.
func (c *encodeCmd) Validate() error {
	if c.BlockBits < codec.MinBlockBits || c.BlockBits > codec.MaxBlockBits {
		return fmt.Errorf("--block-bits must be from %d to %d, found %d", codec.MinBlockBits, codec.MaxBlockBits, c.BlockBits)
	}
	if c.Label < -1 || c.Label > math.MaxUint16 {
		return fmt.Errorf("--label must be a class or -1, found %d", c.Label)
	}
	return c.modelFlags.check()
}

// codecModel is the model as the codec needs it.
func (s *session) codecModel() codec.Model {
	return codec.Model{D: s.d, Process: &s.Process, ID: s.ID()}
}

// Run implements the command.
func (c *encodeCmd) Run(ctx context.Context, std stdio) error {
	s, err := c.openPictures(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	levels, err := s.readPicture(c.Image)
	if err != nil {
		return err
	}
	files, err := createOutputs([]string{c.Out}, c.Model, c.Image)
	if err != nil {
		return err
	}
	defer files.discard()
	bar := newProgress(std.err, s.Process.TrainTimesteps, "encode")
	defer bar.close()
	out, err := codec.Encode(ctx, s.codecModel(), picture.Values(levels), codec.Options{BlockBits: c.BlockBits, Label: c.Label}, bar.level(s.Process.TrainTimesteps))
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name(), err)
	}
	if err := files.commit(ctx, out.Data); err != nil {
		return err
	}
	bar.close()
	return c.report(std, out, len(levels))
}

// encodeJSON is what --json prints.
type encodeJSON struct {
	Out    string           `json:"out"`
	Bits   int              `json:"bits"`        // of the file
	Header int              `json:"header_bits"` // of them
	Bound  float64          `json:"bound_bits"`
	Ratio  float64          `json:"ratio"`
	PerDim float64          `json:"bits_per_dim"`
	RMSE   float64          `json:"rmse"` // of the decoded picture, in levels of 255
	Steps  []encodeStepJSON `json:"steps"`
}

type encodeStepJSON struct {
	From  int     `json:"from"` // timestep
	To    int     `json:"to"`
	Parts int     `json:"indices"`
	Bits  float64 `json:"bits"`
	Bound float64 `json:"bound_bits"`
}

func (c *encodeCmd) report(std stdio, out *codec.Encoded, dims int) error {
	bits := 8 * len(out.Data)
	if !c.JSON {
		_, err := fmt.Fprintf(std.out, "%s: %d bytes, %d bits, %.2f times the bound of %.0f bits; %.3f bits/dim in %d steps, RMSE %.2f of 255\n",
			c.Out, len(out.Data), bits, float64(bits)/out.Bound, out.Bound, float64(bits)/float64(dims), len(out.Steps), out.RMSE)
		return err
	}
	sum := encodeJSON{Out: c.Out, Bits: bits, Header: 8 * out.Header, Bound: out.Bound, Ratio: float64(bits) / out.Bound, PerDim: float64(bits) / float64(dims), RMSE: out.RMSE}
	for _, s := range out.Steps {
		sum.Steps = append(sum.Steps, encodeStepJSON(s))
	}
	return json.NewEncoder(std.out).Encode(sum)
}

// decodeCmd decodes a coded picture.
type decodeCmd struct {
	modelFlags
	File   string `arg:"" help:"Coded picture, whole or cut."`
	Out    string `required:"" short:"o" placeholder:"PNG" help:"Picture to write."`
	Finish string `enum:"ddim,ancestral" default:"ddim" help:"How a cut file's picture is finished: ddim without noise, which lies nearest, or ancestral sampling, which looks likeliest."`
	Seed   uint64 `default:"0" help:"Seed of ancestral sampling."`
	JSON   bool   `name:"json" help:"Print what was there as JSON."`
}

// Help tells what the flags do not.
func (c *decodeCmd) Help() string {
	return `A file that is cut behind its header decodes to a coarser picture, and the share that was there is told.

Example:
  sample decode --model digits.safetensors five.ud -o five.png`
}

// Validate reports values outside their range.
func (c *decodeCmd) Validate() error { return c.modelFlags.check() }

// Run implements the command.
func (c *decodeCmd) Run(ctx context.Context, std stdio) error {
	data, err := readBytes(c.File)
	if err != nil {
		return err
	}
	s, err := c.openPictures(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	files, err := createOutputs([]string{c.Out}, c.Model, c.File)
	if err != nil {
		return err
	}
	defer files.discard()
	bar := newProgress(std.err, s.Process.TrainTimesteps, "decode")
	defer bar.close()
	out, err := codec.Decode(ctx, s.codecModel(), data, codec.Finish{Ancestral: c.Finish == "ancestral", Seed: c.Seed}, bar.level(s.Process.TrainTimesteps))
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	p := newPicture(s.Net.InChannels, s.Net.Width, s.Net.Height)
	paint(p, p.Bounds().Min, s.d.InShape(1), out.Picture)
	drawn, err := encode(p)
	if err == nil {
		err = files.commit(ctx, drawn)
	}
	if err != nil {
		return err
	}
	bar.close()
	return c.report(std, out)
}

// decodeJSON is what --json prints.
type decodeJSON struct {
	Out   string  `json:"out"`
	Share float64 `json:"share"` // of the coded bits
	Level int     `json:"level"` // timestep where they ended
}

func (c *decodeCmd) report(std stdio, out *codec.Decoded) error {
	if c.JSON {
		return json.NewEncoder(std.out).Encode(decodeJSON{c.Out, out.Share(), out.Level})
	}
	_, err := fmt.Fprintf(std.out, "%s: from %.0f %% of the coded bits (%d of %d bytes), down to timestep %d\n", c.Out, 100*out.Share(), out.Have, out.Whole, out.Level)
	return err
}
