package kernels

// PlainConv3x3 is the 3x3 convolution, by definition: Out has ConvSize rows and columns of the grid. Sums are float64, as a yardstick's should be.
func PlainConv3x3(a *ConvArgs) {
	h, w := a.Grid()
	ho, wo := ConvSize(h, a.Stride, a.Pad), ConvSize(w, a.Stride, a.Pad)
	before := 1 // zero pixels above and left
	if a.Stride == 2 && a.Pad == PadRightBottom {
		before = 0
	}
	in, weight := a.activated(), a.Weight.Float32s()
	sums := make([]float64, a.Cout)
	for pixel := range a.N * ho * wo {
		n, y, x := pixel/(ho*wo), pixel/wo%ho, pixel%wo
		clear(sums)
		for tap := range 9 {
			a.tap(sums, in, weight, n, y*a.Stride-before+tap/3, x*a.Stride-before+tap%3, tap)
		}
		for c, sum := range sums {
			i := pixel*a.Cout + c
			a.Out[i] = a.finish(float32(sum), i, n, c)
		}
	}
}

// tap adds the products of one kernel position, which lies on pixel (y, x) of the grid, to every channel's sum.
func (a *ConvArgs) tap(sums []float64, in, weight []float32, n, y, x, tap int) {
	h, w := a.Grid()
	if y < 0 || x < 0 || y >= h || x >= w {
		return
	}
	if a.Up {
		y, x = y/2, x/2
	}
	channels := a.Channels()
	for c, v := range in[((n*a.H+y)*a.W+x)*channels:][:channels] {
		for cout, f := range weight[(tap*channels+c)*a.Cout:][:a.Cout] {
			sums[cout] += float64(v) * float64(f)
		}
	}
}
