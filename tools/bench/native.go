package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/model"
)

type nativeCmd struct {
	Names   []string `arg:"" optional:"" help:"Models as in the models command; digits, nouns, small and cifar unless told."`
	Threads []int    `default:"1,2" help:"Numbers of threads."`
	Batch   int      `default:"1" help:"Pictures a step."`
	Seconds float64  `default:"3" help:"How long each is timed."`
}

// Run implements the command.
func (c *nativeCmd) Run() error {
	if len(c.Names) == 0 {
		c.Names = []string{"digits", "nouns", "small", "cifar"}
	}
	for _, name := range c.Names {
		pack, err := packOf(name)
		if err != nil {
			return err
		}
		m, err := model.OpenBytes(pack, name)
		if err != nil {
			return err
		}
		for _, threads := range c.Threads {
			if err := c.time(m, name, threads); err != nil {
				return err
			}
		}
	}
	return nil
}

// time prints the median time of a step.
func (c *nativeCmd) time(m *model.Model, name string, threads int) error {
	ctx, e := context.Background(), cpu.New(cpu.Options{Threads: threads})
	d, err := engine.NewDenoiser(ctx, e, m.Net, m.Plan, m)
	if err != nil {
		return err
	}
	x, err := e.NewTensor(d.InShape(c.Batch))
	if err != nil {
		return err
	}
	out, err := e.NewTensor(d.OutShape(c.Batch))
	if err != nil {
		return err
	}
	ts := make([]float64, c.Batch)
	var times []float64
	for end := time.Now().Add(time.Duration(c.Seconds * float64(time.Second))); time.Now().Before(end) || len(times) < 3; {
		start := time.Now()
		if err := d.Denoise(ctx, out, x, ts, nil); err != nil {
			return err
		}
		times = append(times, time.Since(start).Seconds())
	}
	times = times[1:] // the first one makes the buffers
	slices.Sort(times)
	median := times[len(times)/2]
	fmt.Printf("%-8s batch %d, %d threads: %8.2f ms a step, %6.1f GFLOP/s (%s, %d steps)\n", name, c.Batch, threads, 1000*median,
		2*float64(m.Plan.MACs()*int64(c.Batch))/median/1e9, e.Info().Adapter, len(times))
	return nil
}
