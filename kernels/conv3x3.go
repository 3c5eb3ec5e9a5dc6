package kernels

// PlainConv3x3 is the 3x3 convolution, by definition: Out has ConvSize rows and columns of the grid.
func PlainConv3x3(a *ConvArgs) {
	h, w := a.Grid()
	ho, wo := ConvSize(h, a.Stride, a.Pad), ConvSize(w, a.Stride, a.Pad)
	before := 1 // zero pixels above and left
	if a.Stride == 2 && a.Pad == PadRightBottom {
		before = 0
	}
	i := 0
	for n := range a.N {
		for y := range ho {
			for x := range wo {
				for c := range a.Cout {
					sum := a.taps(n, y*a.Stride-before, x*a.Stride-before, c)
					a.Out[i] = a.finish(sum, i, n, c)
					i++
				}
			}
		}
	}
}

// taps is the sum over the 3x3 window whose first pixel is (y, x) of the grid.
func (a *ConvArgs) taps(n, y, x, cout int) float32 {
	channels := a.Channels()
	var sum float32
	for tap := range 9 {
		for c := range channels {
			sum += a.at(n, y+tap/3, x+tap%3, c) * a.Weight.At((tap*channels+c)*a.Cout+cout)
		}
	}
	return sum
}
