package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// progressiveCmd computes rate and distortion along the chain.
type progressiveCmd struct {
	modelFlags
	Images    []string `arg:"" help:"Pictures (PNG, JPEG, GIF, WebP, BMP)."`
	Draws     int      `default:"1" help:"Noise draws of every term."`
	Timesteps int      `placeholder:"N" help:"Estimate from the first 21 timesteps and N others a draw, one at random from each of N equal stretches; all timesteps otherwise."`
	Label     int      `default:"-1" help:"Class label of the pictures; -1 for none."`
	Seed      uint64   `default:"0" help:"Seed of the noise."`
	Plot      string   `placeholder:"FILE" help:"Also draw distortion against rate: SVG where the name ends in .svg, else PNG."`
	JSON      bool     `name:"json" help:"Print JSON alone."`
}

// Help tells what the flags do not.
func (c *progressiveCmd) Help() string {
	return `Progressive coding (Ho et al. 2020, Algorithms 3 and 4, figure 5): after every reverse step, the bits per dimension that have conveyed x_t, and how far the estimate of x_0 lies from the picture, as the root of the mean squared error in levels of 255. The paper's CIFAR-10 model stands beside it (table 4). sample encode makes the bits real.

Example:
  sample progressive --model digits.safetensors --plot rate.svg five.png seven.png`
}

// nll is the command that computes the terms.
func (c *progressiveCmd) nll() *nllCmd {
	return &nllCmd{modelFlags: c.modelFlags, Images: c.Images, Draws: c.Draws, Timesteps: c.Timesteps, Label: c.Label, Seed: c.Seed, Plot: c.Plot}
}

// Validate reports values outside their range.
func (c *progressiveCmd) Validate() error { return c.nll().Validate() }

// point is what a reverse step has reached: Step is the paper's T - t + 1.
type point struct {
	Step int     `json:"step"`
	Rate float64 `json:"rate_bits_per_dim"`
	RMSE float64 `json:"rmse"`
}

// paperCIFAR10 is table 4 of Ho et al. 2020: rate and distortion of the CIFAR-10 test set, by step of 1000.
var paperCIFAR10 = []point{
	{100, 0, 67.60125}, {200, 0.00013, 60.97170}, {300, 0.00081, 54.18826}, {400, 0.00282, 46.12765}, {500, 0.00716, 38.03236},
	{600, 0.01507, 30.80948}, {700, 0.02866, 24.43656}, {800, 0.05415, 18.47482}, {900, 0.11994, 12.02277}, {1000, 1.77581, 0.95136},
}

// Run implements the command.
func (c *progressiveCmd) Run(ctx context.Context, std stdio) error {
	list, err := c.nll().estimates(ctx, std, func(title string, list []bound) ([]byte, error) { return plotRate(c.Plot, title, rateDistortion(list)) })
	if err != nil {
		return err
	}
	curve := rateDistortion(list)
	if c.JSON {
		return json.NewEncoder(std.out).Encode(map[string]any{"images": c.Images, "points": curve, "paper_cifar10": paperCIFAR10})
	}
	return printRate(std.out, curve, len(list[0].Terms))
}

// rateDistortion is the curve of the pictures' means, from the first step on: x_t has cost L_T and the terms above t.
func rateDistortion(list []bound) []point {
	T := len(list[0].Terms)
	rate := 0.0
	for _, b := range list {
		rate += b.Prior / float64(len(list))
	}
	var curve []point
	for t := T - 1; t >= 0; t-- {
		m, n := meanTerm(list, t)
		if n > 0 {
			curve = append(curve, point{T - t, rate, 127.5 * math.Sqrt(m.X0MSEClip)})
		}
		for _, b := range list {
			rate += b.Shares[t] / float64(len(list))
		}
	}
	return curve
}

// printRate prints ten points of the curve beside the paper's.
func printRate(w io.Writer, curve []point, T int) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "reverse step\tbits/dim\tRMSE of 255\tpaper, CIFAR-10: bits/dim\tRMSE of 255")
	for _, p := range paperCIFAR10 {
		step := p.Step * T / 1000
		mine := around(curve, step, T/50)
		fmt.Fprintf(tw, "%d of %d\t%.5f\t%.2f\t%.5f\t%.2f\n", mine.Step, T, mine.Rate, mine.RMSE, p.Rate, p.RMSE)
	}
	return tw.Flush()
}

// around is the curve at a step: the point nearest to it, with the mean error of the points up to width steps before, since an
// estimate has seen few pictures at each. Near the end, where the error falls fast, the width shrinks.
func around(curve []point, step, width int) point {
	best := curve[0]
	for _, p := range curve {
		if math.Abs(float64(p.Step-step)) <= math.Abs(float64(best.Step-step)) {
			best = p
		}
	}
	width = min(width, (curve[len(curve)-1].Step-best.Step)/4)
	squares, n := 0.0, 0.0
	for _, p := range curve {
		if p.Step <= best.Step && p.Step >= best.Step-width {
			squares, n = squares+p.RMSE*p.RMSE, n+1
		}
	}
	best.RMSE = math.Sqrt(squares / n)
	return best
}

// plotRate draws distortion against rate, the model's and the paper's.
func plotRate(file, title string, curve []point) ([]byte, error) {
	p := plot.New()
	p.Title.Text = "Progressive coding, " + title
	p.X.Label.Text, p.Y.Label.Text = "bits per dimension", "RMSE in levels of 255"
	lines := []line{{name: title}, {name: "Ho et al. 2020, CIFAR-10", dashed: true}}
	p.Y.Min = 0
	var smooth []point
	for _, q := range curve {
		smooth = append(smooth, around(curve, q.Step, curve[len(curve)-1].Step/50))
	}
	for i, list := range [][]point{smooth, paperCIFAR10} {
		for _, q := range list {
			lines[i].points = append(lines[i].points, plotter.XY{X: q.Rate, Y: q.RMSE})
		}
	}
	return plotLines(file, p, lines)
}
