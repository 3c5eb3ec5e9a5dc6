package kernels

// LinearArgs is out = act(in) W * Scale + Bias + Residual for N vectors.
type LinearArgs struct {
	N, Cin, Cout int
	In           []float32 // [N][Cin]
	SiLU         bool
	Weight       Weight    // [Cin][Cout]
	Scale        []float32 // [Cout], nil for ones
	Bias         []float32 // [Cout]
	Residual     []float32 // [N][Cout], nil for none
	// Out receives sample n at Out[n*OutStride:][:Cout]: a linear layer may write a slice of a longer vector.
	Out       []float32
	OutStride int
}

// PlainLinear is the linear layer, by definition.
func PlainLinear(a *LinearArgs) {
	weight := a.Weight.Float32s()
	for n := range a.N {
		for cout := range a.Cout {
			var sum float64
			for c := range a.Cin {
				v := activate(a.In[n*a.Cin+c], nil, n, c, a.Cin, a.SiLU)
				sum += float64(v) * float64(weight[c*a.Cout+cout])
			}
			a.Out[n*a.OutStride+cout] = a.finish(float32(sum), n, cout)
		}
	}
}

func (a *LinearArgs) finish(sum float32, n, cout int) float32 {
	if a.Scale != nil {
		sum *= a.Scale[cout]
	}
	sum += a.Bias[cout]
	if a.Residual != nil {
		sum += a.Residual[n*a.Cout+cout]
	}
	return sum
}
