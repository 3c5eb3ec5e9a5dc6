package main

import (
	"bytes"
	"errors"
	"image/color"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// line is a curve of a plot.
type line struct {
	name   string
	points plotter.XYs
	dashed bool
}

var lineColours = []color.Color{
	color.RGBA{0x1f, 0x5f, 0xa8, 255}, color.RGBA{0xc4, 0x4e, 0x2a, 255}, color.RGBA{0x2c, 0x8a, 0x57, 255},
	color.RGBA{0x7a, 0x4f, 0xa3, 255}, color.RGBA{0x55, 0x55, 0x55, 255},
}

// plotLines draws curves, as SVG where the file's name says so, else as PNG. A logarithmic axis leaves out what is not positive.
func plotLines(file string, p *plot.Plot, lines []line) ([]byte, error) {
	p.Add(plotter.NewGrid())
	p.Legend.Top, p.Legend.XOffs = true, -vg.Points(12)
	for i, l := range lines {
		if len(l.points) == 0 {
			continue
		}
		curve, err := plotter.NewLine(l.points)
		if err != nil {
			return nil, err
		}
		curve.Color, curve.Width = lineColours[i%len(lineColours)], vg.Points(1.5)
		if l.dashed {
			curve.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		}
		p.Add(curve)
		p.Legend.Add(l.name, curve)
	}
	format := "png"
	if strings.EqualFold(filepath.Ext(file), ".svg") {
		format = "svg"
	}
	w, err := p.WriterTo(7*vg.Inch, 4.5*vg.Inch, format)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	_, err = w.WriteTo(&buf)
	return buf.Bytes(), err
}

// decades marks the powers of ten of a logarithmic axis.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(from, to float64) []plot.Tick {
	var list []plot.Tick
	for e := int(math.Floor(math.Log10(from))); ; e++ {
		at := math.Pow10(e)
		if at > to*1.0001 {
			return list
		}
		if at >= from*0.9999 {
			list = append(list, plot.Tick{Value: at, Label: strconv.FormatFloat(at, 'g', -1, 64)})
		}
	}
}

// plotTerms draws the terms of the bound by timestep, means over the pictures, on logarithmic axes.
func plotTerms(file, title string, list []bound) ([]byte, error) {
	p := plot.New()
	p.Title.Text = "Terms of the bound, " + title
	p.X.Label.Text, p.Y.Label.Text = "t", "bits per dimension; squared error"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = decades{}, decades{}
	lines := []line{{name: "L_(t-1)"}, {name: "eps error", dashed: true}, {name: "x_0 error, clipped", dashed: true}}
	for t := range list[0].Terms {
		m, n := meanTerm(list, t)
		for i, v := range []float64{m.Bits, m.EpsMSE, m.X0MSEClip} {
			if n > 0 && v > 0 {
				lines[i].points = append(lines[i].points, plotter.XY{X: float64(t + 1), Y: v})
			}
		}
	}
	if len(lines[0].points) < 2 {
		return nil, errors.New("too few positive terms to draw")
	}
	return plotLines(file, p, lines)
}
