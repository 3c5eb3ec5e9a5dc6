package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows steps done and time left on a terminal, and nothing elsewhere.
type progress struct {
	bar   *progressbar.ProgressBar
	w     io.Writer
	noted bool
}

// newProgress starts to show progress on w. Close it before anything else is printed.
func newProgress(w io.Writer, steps int, what string) *progress {
	return &progress{w: w, bar: progressbar.NewOptions(steps,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetVisibility(isTerminal(w)),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetItsString("steps"),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionFullWidth(),
	)}
}

// step counts a step. After the first one the input is known to be good, so that a slow build can be told of without
// adding a line to a refusal.
func (p *progress) step() {
	if !p.noted && !simd {
		_ = p.bar.Clear()
		noteSlow(p.w)
	}
	p.noted = true
	// Drawing the bar can fail only where nobody looks any more.
	_ = p.bar.Add(1)
}

// level follows a chain that goes down from timestep top in steps of any length.
func (p *progress) level(top int) func(level int) {
	done := 0
	return func(level int) {
		p.step()
		now := top - level
		_ = p.bar.Add(max(now-done-1, 0))
		done = now
	}
}

func (p *progress) close() { _ = p.bar.Clear() }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// noteSlow tells of a build without SIMD.
func noteSlow(w io.Writer) {
	if !simd {
		fmt.Fprintln(w, "sample: built without SIMD: several times slower; build with GOTOOLCHAIN=auto GOEXPERIMENT=simd go build ./tools/sample")
	}
}
