package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"

	"unnoise/kernels"
	"unnoise/wasm/sampler"
)

// manyCmd draws many samples into files.
type manyCmd struct {
	modelFlags
	chainFlags
	classFlags
	N     int    `short:"n" default:"50000" help:"Number of samples."`
	First int    `default:"0" help:"Index of the first sample: ranges of indices can be drawn by different processes and machines."`
	Seed  uint64 `default:"0" help:"Seed of all noise: sample 11 of a seed is one picture, whoever draws it."`
	Out   string `required:"" placeholder:"DIR|NPZ" help:"Folder for PNG files named by index, or a file whose name ends in .npz: arr_0, uint8, [n][rows][columns][3], grey three times."`
}

// Help tells what the flags do not.
func (c *manyCmd) Help() string {
	return `What was drawn before is not drawn again: run the same command after an interruption. pytorch-fid, torch-fidelity and clean-fid read the folder, OpenAI's evaluations the .npz.

Examples:
  sample many --model digits.safetensors --sampler dpmpp -n 50000 --out samples/
  sample many --model digits.safetensors --first 25000 -n 25000 --out second-half.npz`
}

// Validate reports values outside their range.
func (c *manyCmd) Validate() error {
	if c.N < 1 {
		return fmt.Errorf("-n must be at least 1, found %d", c.N)
	}
	if c.First < 0 || int64(c.First)+int64(c.N) > math.MaxUint32 {
		return fmt.Errorf("--first must be from 0 to %d, found %d", int64(math.MaxUint32)-int64(c.N), c.First)
	}
	labels, err := spread(c.Labels, c.N)
	c.Labels = labels
	return errors.Join(err, c.modelFlags.check(), c.chainFlags.check())
}

// store is where samples go, one after the other.
type store interface {
	// missing is the number of the next sample from i on that is not there yet, n where all are.
	missing(i int) int
	// put stores sample i: levels, CHW.
	put(i int, levels []uint8) error
	// finish makes the result whole.
	finish(ctx context.Context) error
	// close ends the work; what is stored stays for the next run.
	close()
}

// Run implements the command.
func (c *manyCmd) Run(ctx context.Context, std stdio) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	steps, err := s.steps(c.request())
	if err != nil {
		return err
	}
	st, err := c.store(s)
	if err != nil {
		return err
	}
	defer st.close()
	before, size := 0, s.batch()
	bar := newProgress(std.err, steps*((c.N+size-1)/size), c.Sampler)
	defer bar.close()
	for at := 0; ; {
		next := st.missing(at)
		before += next - at
		if next >= c.N {
			break
		}
		count := 1
		for count < size && next+count < c.N && st.missing(next+count) == next+count {
			count++
		}
		if err := c.batch(ctx, s, st, next, count, bar.step); err != nil {
			return err
		}
		at = next + count
	}
	if err := st.finish(ctx); err != nil {
		return err
	}
	bar.close()
	_, err = fmt.Fprintf(std.out, "%s: samples %d to %d of %s, %s in %d steps, seed %d (%d were there before)\n",
		c.Out, c.First, c.First+c.N-1, s.title(), c.Sampler, steps, c.Seed, before)
	return err
}

// batch draws count samples from number at on and stores them.
func (c *manyCmd) batch(ctx context.Context, s *session, st store, at, count int, after func()) error {
	x, err := s.finishChain(ctx, sampler.Config{Request: c.request(), Seed: c.Seed, Count: count, First: c.First + at,
		Labels: slice(c.Labels, at, count), Guidance: c.Guidance}, after)
	if err != nil {
		return err
	}
	size := len(x) / count
	levels := make([]uint8, size)
	for i := range count {
		for j, v := range x[i*size:][:size] {
			levels[j] = kernels.Level(v)
		}
		if err := st.put(at+i, levels); err != nil {
			return err
		}
	}
	return nil
}

func (c *manyCmd) store(s *session) (store, error) {
	if strings.EqualFold(filepath.Ext(c.Out), ".npz") {
		return openNPZ(c, s)
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return nil, unwritable(c.Out, err)
	}
	return &folder{c.Out, c.First, c.N, s}, nil
}

// folder keeps samples as PNG files named by index.
type folder struct {
	dir      string
	first, n int
	s        *session
}

func (f *folder) path(i int) string { return filepath.Join(f.dir, fmt.Sprintf("%06d.png", f.first+i)) }

func (f *folder) missing(i int) int {
	for ; i < f.n; i++ {
		if _, err := os.Stat(f.path(i)); err != nil {
			break
		}
	}
	return i
}

func (f *folder) put(i int, levels []uint8) error {
	shape := f.s.d.InShape(1)
	p := newPicture(shape.C, shape.W, shape.H)
	values := values32(levels)
	paint(p, image.Point{}, shape, values)
	drawn, err := encode(p)
	if err != nil {
		return err
	}
	files, err := createOutputs([]string{f.path(i)})
	if err != nil {
		return err
	}
	defer files.discard()
	return files.commit(context.Background(), drawn)
}

func (f *folder) finish(context.Context) error { return nil }
func (f *folder) close()                       {}
