package model

import (
	"errors"
	"math"
	"strconv"

	"unnoise/wasm/unet"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// ProbeBound is how far an engine's output may be from the probe's, of outputs of size 1: float32 sums in another order leave 3e-5 on the
// CPU and 1e-4 on GPUs, whose divisions and exponentials are looser.
const ProbeBound = 1e-4

// ProbeCase is one input of the network with the output it must give.
type ProbeCase struct {
	// Origin says who computed the output: "pytorch float64" or this project's CPU engine.
	Origin string
	T      []float64 // one a sample
	Labels []int     // one a sample, or none
	x, eps string    // tensor names
}

// ProbeTensors stores a case's input and output (NCHW) and gives the case.
func ProbeTensors(i int, origin string, t []float64, labels []int, shape []int, x, eps []float32, outChannels int) (ProbeCase, []weights.Tensor) {
	c := ProbeCase{Origin: origin, T: t, Labels: labels, x: "probe.x." + strconv.Itoa(i), eps: "probe.eps." + strconv.Itoa(i)}
	outShape := []int{shape[0], outChannels, shape[2], shape[3]}
	return c, []weights.Tensor{weights.FromFloat32s(c.x, shape, x), weights.FromFloat32s(c.eps, outShape, eps)}
}

// Values reads a case's input and expected output, NCHW.
func (m *Model) ProbeValues(c ProbeCase) (x, eps []float32, err error) {
	if x, err = m.values(c.x, m.Net.InChannels, len(c.T)); err != nil {
		return nil, nil, err
	}
	eps, err = m.values(c.eps, m.Net.OutChannels, len(c.T))
	return x, eps, err
}

func (m *Model) values(name string, channels, batch int) ([]float32, error) {
	t, err := m.Tensor(name)
	if err != nil {
		return nil, err
	}
	if t.DType != weights.F32 || t.Len() != batch*channels*m.Net.Height*m.Net.Width {
		return nil, &weights.Error{File: m.Name(), Where: "tensor " + strconv.Quote(name), Problem: "does not fit the network"}
	}
	return t.Float32s()
}

func probeObject(cases []ProbeCase) *jsontree.Object {
	list := []any{}
	for _, c := range cases {
		o := jsontree.NewObject().Set("origin", c.Origin).Set("x", c.x).Set("eps", c.eps)
		ts := make([]any, len(c.T))
		for i, t := range c.T {
			ts[i] = t
		}
		o.Set("t", ts)
		if len(c.Labels) > 0 {
			o.Set("labels", jsontree.Ints(c.Labels))
		}
		list = append(list, o)
	}
	return jsontree.NewObject().Set("cases", list)
}

func probeFrom(f *jsontree.Fields, net *unet.Network) ([]ProbeCase, error) {
	var cases []ProbeCase
	for _, o := range f.Objects("cases") {
		c := ProbeCase{Origin: o.String("origin", ""), T: o.Floats("t"), Labels: o.Ints("labels"), x: o.String("x", ""), eps: o.String("eps", "")}
		if len(c.T) == 0 || len(c.T) > 64 || len(c.Labels) != 0 && len(c.Labels) != len(c.T) {
			return nil, errors.New("probe: a case needs 1 to 64 timesteps and as many labels or none")
		}
		for _, l := range c.Labels {
			if l < 0 || l >= net.Classes {
				return nil, errors.New("probe: label " + strconv.Itoa(l) + " of a network with " + strconv.Itoa(net.Classes) + " classes")
			}
		}
		cases = append(cases, c)
	}
	return cases, f.Err()
}

// Worst is the largest difference of two lists of one length; NaN where any value is not a number, infinite where the
// lengths differ.
func Worst(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	worst := 0.0
	for i := range got {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(d) {
			return d
		}
		worst = max(worst, d)
	}
	return worst
}
