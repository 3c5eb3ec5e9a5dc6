package main

import (
	"errors"
	"fmt"
	"os"

	"unnoise/wasm/model"
	"unnoise/wasm/unet"
)

// inspectCmd prints what a pack holds.
type inspectCmd struct {
	Pack string `arg:"" help:"The pack."`
	All  bool   `help:"List every matrix of the certificate."`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// Run implements the command.
func (c *inspectCmd) Run() error {
	m, size, err := openModel(c.Pack)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(os.Stdout, packObject(c.Pack, m, size))
		return nil
	}
	n, p := m.Net, m.Process
	fmt.Printf("pack        %s\nid          %s\nsize        %d bytes, %d hashed chunks\n", c.Pack, m.ID(), size, m.Chunks())
	for _, k := range m.Provenance.Keys {
		fmt.Printf("%-11s %s\n", k, m.Provenance.Get(k))
	}
	fmt.Printf("pictures    %d x %d, %d channels in, %d out\n", n.Height, n.Width, n.InChannels, n.OutChannels)
	fmt.Printf("network     %d layers, %d parameters, %.3f GMAC a step, %d operations\n", len(n.Layers), m.Parameters(), float64(m.Plan.MACs())/1e9, len(m.Plan.Ops))
	fmt.Printf("time        sinusoid of %d (%s, shift %g), hidden %d; classes %d\n", n.Time.Dim, order(n.Time.CosFirst), n.Time.FreqShift, n.Time.Hidden, n.Classes)
	fmt.Printf("schedule    %s, %d timesteps, beta %g to %g\n", p.BetaSchedule, p.TrainTimesteps, p.BetaStart, p.BetaEnd)
	fmt.Printf("sampling    predicts %s, %s, clip %g, %s spacing\n", p.Prediction, p.Variance, p.Clip, p.Spacing)
	for _, probe := range m.Probe {
		fmt.Printf("probe       t = %v, from %s\n", probe.T, probe.Origin)
	}
	if m.Certificate != nil {
		printCertificate(os.Stdout, m.Certificate, c.All)
	}
	for i := range n.Layers {
		printLayer(&n.Layers[i])
	}
	return nil
}

func order(cosFirst bool) string {
	if cosFirst {
		return "cos, sin"
	}
	return "sin, cos"
}

func printLayer(l *unet.Layer) {
	text := fmt.Sprintf("  %-14s %-5s %4d -> %-4d", l.Name, l.Kind, l.In, l.Out)
	for _, f := range []struct {
		format string
		value  any
		there  bool
	}{
		{" joins a skip", nil, l.Join}, {" saves", nil, l.Save}, {" groups %d", l.Groups, l.Groups > 0}, {" eps %g", l.Eps, l.Eps > 0},
		{" film", nil, l.FiLM}, {" %s", l.Mode, l.Mode != ""}, {" heads %d", l.Heads, l.Heads > 0}, {" divided by %g", l.Divide, l.Divide > 0 && l.Divide != 1},
	} {
		if !f.there {
			continue
		}
		if f.value == nil {
			text += f.format
			continue
		}
		text += fmt.Sprintf(f.format, f.value)
	}
	fmt.Println(text)
}

func openModel(name string) (*model.Model, int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, errors.New(name + ": cannot be read: " + err.Error())
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if info.IsDir() {
		return nil, 0, errors.New(name + ": is a folder, expected a pack")
	}
	m, err := model.Open(f, info.Size(), name)
	return m, info.Size(), err
}
