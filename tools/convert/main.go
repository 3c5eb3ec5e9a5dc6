// Command convert turns a trained network into a pack: one file that the page and the command-line sampler read.
// It also prints what a pack holds and checks that it is whole and computes what it should.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"unnoise/wasm/checkpoint"

	"github.com/alecthomas/kong"
)

// commands is the command line.
type commands struct {
	Convert convertCmd `cmd:"" default:"withargs" help:"Convert a trained network into a pack (the default command)."`
	Inspect inspectCmd `cmd:"" help:"Print a pack's network, schedule, sizes and provenance."`
	Verify  verifyCmd  `cmd:"" help:"Check a pack's hashes, its probe through the CPU engine, and that it is what a checkpoint converts to."`
	Diff    diffCmd    `cmd:"" help:"List how two packs differ."`
}

const description = `Turn a network that PyTorch trained into a pack for the page and the sampler.

Examples:
  convert ddpm-cifar10-32/ cifar10.safetensors
  convert --dtype fp32 my-model/ exact.safetensors
  convert --reference cases.safetensors --name Digits --licence CC-BY-SA-3.0 digits/ digits.safetensors
  convert --preset adm-64 64x64_diffusion.pt adm64.safetensors
  convert --flags flags.json --weights raw model100000.pt mine.safetensors
  convert inspect digits.safetensors
  convert verify digits.safetensors
  convert verify --against digits/ digits.safetensors
  convert diff digits.safetensors exact.safetensors

SRC is a folder saved by diffusers (unet/ and scheduler/, or the files at the root), a folder with one .pt, .pth or .ckpt
file, or such a file: of diffusers, of PyTorch ports of Ho et al.'s network, or of OpenAI's improved and guided diffusion.
flags.json or config.yml beside it is read. Pickled files are interpreted without running anything of them.
Exit status: 0 done, 1 input refused, 2 wrong usage.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	// The largest tensor decides what is needed; garbage of its size is not to pile up.
	debug.SetGCPercent(5)
	var c commands
	exit := -1
	parser := kong.Must(&c, kong.Name("convert"), kong.Description(description), kong.Exit(func(code int) { exit = code }), kong.Vars{"presets": strings.Join(checkpoint.Presets(), ", ")}, kong.BindTo(ctx, (*context.Context)(nil)))
	line, err := parser.Parse(args)
	if exit >= 0 {
		return exit // --help
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "convert: "+err.Error()+" (see convert --help)")
		return 2
	}
	if err := line.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "convert: "+oneLine(err))
		return 1
	}
	return 0
}

// oneLine is an error's message without line breaks, so that scripts can read it.
func oneLine(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted, nothing was written"
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}
