// Command sample draws pictures with a pack on the CPU, and runs the network or a whole chain on given inputs, so that
// anyone can compare the results with their own PyTorch run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands is the command line.
type commands struct {
	Draw        drawCmd        `cmd:"" default:"withargs" help:"Draw pictures (the default command)."`
	Eval        evalCmd        `cmd:"" help:"Run the network once on every case of a file."`
	Replay      replayCmd      `cmd:"" help:"Run a whole chain on given noise and keep every state."`
	Encode      encodeCmd      `cmd:"" help:"Code a picture with the model in few bits."`
	Decode      decodeCmd      `cmd:"" help:"Decode a coded picture, whole or cut."`
	Many        manyCmd        `cmd:"" help:"Draw many samples into a folder or an .npz file, in as many runs as it takes."`
	Progressive progressiveCmd `cmd:"" help:"Rate and distortion of pictures by reverse step."`
	Shared      sharedCmd      `cmd:"" help:"Draw pictures that share a latent."`
	Interpolate interpolateCmd `cmd:"" help:"Draw what lies between two pictures."`
	Edit        editCmd        `cmd:"" help:"Draw pictures from a given one, noised part of the way."`
	Inpaint     inpaintCmd     `cmd:"" help:"Draw the rest of a picture of which a part is kept."`
	NLL         nllCmd         `cmd:"" name:"nll" help:"Variational bound of pictures in bits per dimension."`
}

const description = `Draw pictures with a trained network in a pack.

Examples:
  sample --model digits.safetensors --out digits.png
  sample --model digits.safetensors --sampler ddpm --seed 7 --n 4 --out four.png --strip film.png
  sample --model digits.safetensors --first 11 --n 1 --out again.png
  sample eval --model digits.safetensors --cases cases.safetensors --out eps.safetensors
  sample nll --model digits.safetensors five.png
  sample progressive --model digits.safetensors five.png
  sample shared --model digits.safetensors --out shared.png
  sample interpolate --model digits.safetensors --sampler ddpm three.png eight.png --out between.png
  sample edit --model digits.safetensors scribble.png --out edited.png
  sample inpaint --model digits.safetensors --mask mask.png five.png --out whole.png
  sample many --model digits.safetensors --sampler dpmpp -n 50000 --out samples/
  sample encode --model digits.safetensors five.png -o five.ud
  sample decode --model digits.safetensors five.ud -o five.png
  sample replay --model digits.safetensors --sampler ddim --steps 20 --eta 1 --trace noise.safetensors --out states.safetensors

Exit status:
  0 done
  1 input refused, or a failure: one line on standard error, no output file
  2 wrong usage: a flag missing, unknown or outside its range`

// stdio is where a command writes.
type stdio struct{ out, err io.Writer }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], stdio{os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// run is the program; it gives the exit status.
func run(ctx context.Context, args []string, std stdio) int {
	var c commands
	exit := -1
	parser := kong.Must(&c, kong.Name("sample"), kong.Description(description), kong.Writers(std.out, std.err), kong.Help(help),
		kong.Exit(func(code int) { exit = code }), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(std))
	line, err := parser.Parse(args)
	if exit >= 0 {
		return exit // --help
	}
	if err != nil {
		fmt.Fprintln(std.err, "sample: "+strings.Join(strings.Fields(err.Error()), " ")+" (see sample --help)")
		return 2
	}
	if err := line.Run(); err != nil {
		fmt.Fprintln(std.err, "sample: "+oneLine(err))
		return 1
	}
	return 0
}

// help prints the program's help followed by the default command's, whose flags are the ones mostly looked for.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil || ctx.Selected() != nil {
		return err
	}
	draw, err := kong.Trace(ctx.Kong, []string{"draw"})
	if err != nil {
		return err
	}
	fmt.Fprintln(ctx.Stdout)
	return kong.DefaultHelpPrinter(options, draw)
}

// oneLine is an error's message without line breaks, so that scripts can read it.
func oneLine(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted, nothing was written"
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}
