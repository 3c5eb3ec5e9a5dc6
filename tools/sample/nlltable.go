package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"unnoise/wasm/likelihood"
)

// print writes the table: a line a picture, the mean over pictures, and the terms by timestep.
func (c *nllCmd) print(w io.Writer, list []bound) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "picture\tbits/dim\t+-\tL_T\tL_1..T-1\tL_0")
	var totals []float64
	for _, b := range list {
		middle := b.Total - b.Prior - b.Terms[0].Bits
		fmt.Fprintf(tw, "%s\t%.4f\t%s\t%.6f\t%.4f\t%.4f\n", b.image, b.Total, plusMinus(b.StandardError, b.Visits[0]), b.Prior, middle, b.Terms[0].Bits)
		totals = append(totals, b.Total)
	}
	mean, se := likelihood.MeanError(totals)
	if err := tw.Flush(); err != nil {
		return err
	}
	if len(list) > 1 {
		fmt.Fprintf(w, "mean of %d pictures: %.4f +- %.4f bits/dim (standard error over pictures)\n", len(list), mean, se)
	}
	fmt.Fprintln(w)
	return c.printTerms(w, list)
}

func plusMinus(se float64, draws int) string {
	if draws < 2 {
		return "-"
	}
	return fmt.Sprintf("%.4f", se)
}

// shownTerms is about how many timesteps the table of terms shows.
const shownTerms = 20

// printTerms writes the terms, means over the pictures. t is counted from 1 as in the paper: L_{t-1}.
func (c *nllCmd) printTerms(w io.Writer, list []bound) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "t\tterm\tbits/dim\teps mse\tx0 mse\tx0 mse clipped")
	T := len(list[0].Terms)
	for t := range T {
		every := max((T+shownTerms-1)/shownTerms, 1)
		if !c.AllTerms && t >= 5 && (t+1)%every != 0 {
			continue
		}
		m, n := meanTerm(list, t)
		if n == 0 {
			continue
		}
		fmt.Fprintf(tw, "%d\t%s\t%.3g\t%.3g\t%.3g\t%.3g\n", t+1, termName(t), m.Bits, m.EpsMSE, m.X0MSE, m.X0MSEClip)
	}
	return tw.Flush()
}

// meanTerm is the mean over the pictures that visited a term, and their number.
func meanTerm(list []bound, t int) (m likelihood.Term, n float64) {
	for _, b := range list {
		if b.Visits[t] > 0 {
			x := b.Terms[t]
			m.Bits, m.EpsMSE, m.X0MSE, m.X0MSEClip = m.Bits+x.Bits, m.EpsMSE+x.EpsMSE, m.X0MSE+x.X0MSE, m.X0MSEClip+x.X0MSEClip
			n++
		}
	}
	if n > 0 {
		m.Bits, m.EpsMSE, m.X0MSE, m.X0MSEClip = m.Bits/n, m.EpsMSE/n, m.X0MSE/n, m.X0MSEClip/n
	}
	return m, n
}
