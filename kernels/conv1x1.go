package kernels

// PlainConv1x1 is the 1x1 convolution, by definition: a matrix product at every pixel. Out has the input's size.
func PlainConv1x1(a *ConvArgs) {
	channels := a.Channels()
	for pixel := range a.N * a.H * a.W {
		n := pixel / (a.H * a.W)
		for cout := range a.Cout {
			var sum float32
			for c := range channels {
				v := activate(a.raw(pixel, c), a.Norm, n, c, channels, a.SiLU)
				sum += v * a.Weight.At(c*a.Cout+cout)
			}
			i := pixel*a.Cout + cout
			a.Out[i] = a.finish(sum, i, n, cout)
		}
	}
}
