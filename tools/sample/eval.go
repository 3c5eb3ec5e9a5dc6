package main

import (
	"context"
	"fmt"

	"unnoise/wasm/evalcase"
)

// evalCmd runs the network on a file of inputs.
type evalCmd struct {
	modelFlags
	Cases string `required:"" placeholder:"IN" help:".safetensors file with x.N [B,C,H,W], t.N [B] (int64 or float32) and, for class models, y.N [B]; without y.N the label that stands for no class."`
	Out   string `required:"" placeholder:"OUT" help:".safetensors file to write: eps.N, all output channels, float32; metadata engine, adapter, precision."`
}

// Help tells what the flags do not.
func (c *evalCmd) Help() string {
	return `Compare eps.N with the same weights in your own framework. A pack of float16 weights computes with weights rounded to float16.

Example:
  sample eval --model digits.safetensors --cases cases.safetensors --out eps.safetensors`
}

// Validate reports values outside their range.
func (c *evalCmd) Validate() error { return c.check() }

// Run implements the command.
func (c *evalCmd) Run(ctx context.Context, std stdio) error {
	in, err := readFile(c.Cases)
	if err != nil {
		return err
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	files, err := createOutputs([]string{c.Out}, c.Model, c.Cases)
	if err != nil {
		return err
	}
	defer files.discard()
	out, err := evalcase.Run(ctx, s.d, in, nil)
	if err != nil {
		return err
	}
	if err := files.commit(ctx, out); err != nil {
		return err
	}
	noteSlow(std.err)
	_, err = fmt.Fprintf(std.out, "%s: outputs of %s on %s\n", c.Out, s.title(), s.info.Adapter)
	return err
}
