package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"unnoise/wasm/certificate"
	"unnoise/wasm/checkpoint"
	"unnoise/wasm/engine"
	"unnoise/wasm/model"
)

// certify computes the certificate asked for and stores it.
func (c *convertCmd) certify(ctx context.Context, k *checkpoint.Converted, ck *checkpoint.Checkpoint, pack engine.Source, log io.Writer) error {
	if c.Certificate == certificate.None {
		return nil
	}
	n := certificate.Network{Net: ck.Net, Plan: k.Plan, Process: &ck.Process, Exact: ck, Pack: pack}
	cert, err := certificate.Compute(ctx, n, c.Certificate, k.Rounding, func(doing string) {
		fmt.Fprintln(log, "convert: certificate: "+doing)
	})
	if err != nil {
		return err
	}
	k.Certify(cert)
	return nil
}

// worstShown is how many matrices the table has: those that float16 moved most.
const worstShown = 5

// printCertificate prints a certificate as a table; all has every matrix.
func printCertificate(w io.Writer, c *model.Certificate, all bool) {
	fmt.Fprintf(w, "certificate (%s): float16 weights against the checkpoint's\n", c.Kind)
	rows := slices.Clone(c.Rounding)
	slices.SortStableFunc(rows, func(a, b model.Rounding) int { return int(math.Copysign(1, b.Relative-a.Relative)) })
	total := model.Rounding{}
	for _, r := range rows {
		total.Elements += r.Elements
		total.Overflow += r.Overflow
		total.Subnormal += r.Subnormal
		total.Lost += r.Lost
		total.Scaled += r.Scaled
		total.MaxAbs, total.Relative = max(total.MaxAbs, r.MaxAbs), max(total.Relative, r.Relative)
	}
	if len(rows) > 0 {
		fmt.Fprintf(w, "  %-28s %10s %10s %10s %9s %9s %6s %7s\n", "matrix", "values", "max error", "relative", "overflow", "subnormal", "lost", "scaled")
	}
	shown := rows
	if !all {
		shown = rows[:min(worstShown, len(rows))]
	}
	for _, r := range shown {
		printRounding(w, r)
	}
	if len(rows) > 0 {
		total.Name = fmt.Sprintf("all %d (largest errors)", len(rows))
		printRounding(w, total)
	}
	for _, e := range c.Eps {
		fmt.Fprintf(w, "  output at t = %-5d largest difference %.2g, rms %.2g\n", e.T, e.Max, e.RMS)
	}
	if len(c.Eps) == 0 {
		fmt.Fprintln(w, "  outputs: not compared, the network is too large for a quick certificate")
	}
	printChain(w, c.Chain)
}

func printChain(w io.Writer, c *model.ChainDifference) {
	switch {
	case c == nil:
		fmt.Fprintln(w, "  chain: not compared, too long for a quick certificate or not sampled by DDIM")
	case c.PSNR == 0:
		fmt.Fprintf(w, "  picture after %d DDIM steps: equal\n", c.Steps)
	default:
		fmt.Fprintf(w, "  picture after %d DDIM steps: PSNR %.1f dB, largest difference %.2g\n", c.Steps, c.PSNR, c.Max)
	}
}

func printRounding(w io.Writer, r model.Rounding) {
	kept := ""
	if r.Float32 {
		kept = "  kept in float32"
	}
	fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-28s %10d %10.2g %10.2g %9d %9d %6d %7d%s", r.Name, r.Elements, r.MaxAbs, r.Relative, r.Overflow, r.Subnormal, r.Lost, r.Scaled, kept), " "))
}
