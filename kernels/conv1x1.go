package kernels

// PlainConv1x1 is the 1x1 convolution, by definition: a matrix product at every pixel. Out has the input's size.
func PlainConv1x1(a *ConvArgs) {
	channels := a.Channels()
	in, weight := a.activated(), a.Weight.Float32s()
	for pixel := range a.N * a.H * a.W {
		for cout := range a.Cout {
			var sum float64
			for c, v := range in[pixel*channels:][:channels] {
				sum += float64(v) * float64(weight[c*a.Cout+cout])
			}
			i := pixel*a.Cout + cout
			a.Out[i] = a.finish(float32(sum), i, pixel/(a.H*a.W), cout)
		}
	}
}
