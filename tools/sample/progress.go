package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// newBar shows steps done and time left on a terminal, and nothing elsewhere. Clear it before anything else is printed.
func newBar(w io.Writer, steps int, what string) *progressbar.ProgressBar {
	return progressbar.NewOptions(steps,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetVisibility(isTerminal(w)),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetItsString("steps"),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionFullWidth(),
	)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// noteSlow tells on w, once, of a build without SIMD.
func noteSlow(w io.Writer) {
	if !simd {
		fmt.Fprintln(w, "sample: built without SIMD: several times slower; build with GOTOOLCHAIN=auto GOEXPERIMENT=simd go build ./tools/sample")
	}
}
