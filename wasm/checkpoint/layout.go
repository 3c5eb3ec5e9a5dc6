package checkpoint

import (
	"errors"
	"strconv"
	"strings"

	"unnoise/weights"
)

// The layouts, as the provenance names them.
const (
	layoutDiffusers = "diffusers UNet2DModel"
	layoutHo        = "Ho et al., PyTorch port"
	layoutOpenAI    = "OpenAI improved/guided diffusion"
)

// layout tells the layout by tensors that only one has; "" where none fits.
func (c *Checkpoint) layout() string {
	for _, t := range c.tensors {
		switch name := t.name; {
		case strings.Contains(name, "transformer_blocks") || strings.Contains(name, "attn2."):
			return ""
		case strings.HasPrefix(name, "down_blocks."):
			return layoutDiffusers
		case strings.HasPrefix(name, "down.0.block."):
			return layoutHo
		case strings.HasPrefix(name, "input_blocks."):
			return layoutOpenAI
		}
	}
	return ""
}

// need reports the first of the tensors that is missing: those that sizes are inferred from.
func (c *Checkpoint) need(names ...string) error {
	for _, name := range names {
		if len(c.shape(name)) < 2 {
			return &weights.Error{File: c.Files[0], Where: "tensor " + strconv.Quote(name), Problem: "is missing or has too few dimensions: the network's sizes cannot be told"}
		}
	}
	return nil
}

// unknownLayout says what the file is, where it is known, and what is read.
func (c *Checkpoint) unknownLayout() error {
	holds := func(parts ...string) bool {
		for _, part := range parts {
			found := false
			for _, t := range c.tensors {
				found = found || strings.Contains(t.name, part)
			}
			if !found {
				return false
			}
		}
		return true
	}
	file := c.Files[0]
	switch {
	case holds("init_conv.weight", "downs.0.", "mid_block1."):
		return errors.New(file + ": is a network of lucidrains' denoising-diffusion-pytorch, whose linear attention and norms are not computed here yet: refused rather than approximated")
	case holds("diffusion_model.input_blocks", "first_stage_model"):
		return errors.New(file + ": is a latent diffusion model, which draws in the space of an autoencoder: only networks of pixels are converted")
	case holds("transformer_blocks") || holds("attn2."):
		return errors.New(file + ": is a network with cross-attention, for pictures of a text: only unconditional and class networks of pixels are converted")
	}
	var first []string
	for _, t := range c.tensors[:min(3, len(c.tensors))] {
		first = append(first, t.name)
	}
	return errors.New(file + ": has tensors of no known layout (" + strings.Join(first, ", ") + ", ...): expected diffusers' UNet2DModel, a PyTorch port of Ho et al.'s network, or OpenAI's improved or guided diffusion")
}
