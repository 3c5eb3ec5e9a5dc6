package kernels

// Part is one of several parts of an operation, done at once by workers that each have a memory of their own: the K-th of Of. The zero
// Part is the whole operation. Bits do not depend on parts: every output value is made in the same way in all of them.
type Part struct{ K, Of int }

// span is what the part has of n units, as even as can be.
func (p Part) span(n int) (from, to int) {
	if p.Of <= 1 {
		return 0, n
	}
	return n * p.K / p.Of, n * (p.K + 1) / p.Of
}

// most is how many of n units the largest part has.
func (p Part) most(n int) int { return (n + p.Of - 1) / p.Of }

// Region is where a part's values stand in an output: Rows runs of Width values each, Stride apart, from Offset on.
type Region struct{ Offset, Rows, Stride, Width int }

// Len is how many values a region has.
func (g Region) Len() int { return g.Rows * g.Width }

// Pack copies a region's values from a tensor behind each other.
func (g Region) Pack(to, tensor []float32) {
	for i := range g.Rows {
		copy(to[i*g.Width:][:g.Width], tensor[g.Offset+i*g.Stride:])
	}
}

// Unpack copies values that Pack gave to where they stand in a tensor.
func (g Region) Unpack(tensor, from []float32) {
	for i := range g.Rows {
		copy(tensor[g.Offset+i*g.Stride:][:g.Width], from[i*g.Width:])
	}
}

// cut is a part of a convolution: some rows of all samples' outputs, one behind the other, or some panels of output channels. Where the
// convolution is filtered, rows are of windows.
type cut struct{ row, toRow, panel, toPanel int }

func (c cut) empty() bool { return c.row == c.toRow || c.panel == c.toPanel }

// What an input value's staging and an output value's packing count for in the weighing of rows against panels, in multiplications.
const (
	stageWork = 8
	packWork  = 1
)

// cut cuts a convolution of rows output rows, columns units each, of which one costs each per pair of channels, and for which all weights
// of a pair cost weights; transforms is what a unit costs for a pair besides. Parts that are rows make every weight ready, parts that are
// panels every input, and their values have to be packed.
func (a *ConvArgs) cut(rows, columns, each, weights, transforms int) cut {
	panels := panelsOf(a.Cout)
	c := cut{0, rows, 0, panels}
	if a.Part.Of <= 1 {
		return c
	}
	h, w := a.Grid()
	pixels, units, few := float64(a.N*h*w), rows*columns, a.Part.most(rows)*columns
	perOutput := func(x float64) float64 { return x / float64(roundUp(a.Cout, best.nr)) }
	byRows := float64(each*roundUp(few, best.mr)+weights) + perOutput(float64(transforms*few)+stageWork*pixels/float64(a.Part.Of))
	share := float64(a.Part.most(panels)) / float64(panels)
	byPanels := share*float64(each*roundUp(units, best.mr)+weights) + perOutput(float64(transforms*units)+stageWork*pixels) + packWork*pixels/float64(a.Channels())
	if byPanels < byRows {
		c.panel, c.toPanel = a.Part.span(panels)
	} else {
		c.row, c.toRow = a.Part.span(rows)
	}
	return c
}

// widenWork is what widening a weight counts for.
const widenWork = 1

// cutDirect cuts direct sums over side x side taps: rows are of pixels.
func (a *ConvArgs) cutDirect(ho, wo, side int) cut {
	return a.cut(a.N*ho, wo, side*side, widenWork*side*side, 0)
}

// region is where the values of a cut stand. Each row has height rows of pixels, of perSample in a sample.
func (a *ConvArgs) region(c cut, ho, wo, height int) Region {
	perSample := (ho + height - 1) / height
	if panels := panelsOf(a.Cout); c.toPanel-c.panel < panels {
		first := c.panel * best.nr
		return Region{first, a.N * ho * wo, a.Cout, min(c.toPanel*best.nr, a.Cout) - first}
	}
	line := func(row int) int { return row/perSample*ho + min(row%perSample*height, ho) }
	from := line(c.row) * wo * a.Cout
	return Region{from, 1, 0, line(c.toRow)*wo*a.Cout - from}
}

// Region3x3 is where Conv3x3 writes.
func (a *ConvArgs) Region3x3() Region {
	h, w := a.Grid()
	if f := a.filtering(); f != nil {
		return a.region(f.cut(a), h, w, f.out)
	}
	ho, wo := ConvSize(h, a.Stride, a.Pad), ConvSize(w, a.Stride, a.Pad)
	return a.region(a.cutDirect(ho, wo, 3), ho, wo, 1)
}

// Region1x1 is where Conv1x1 writes.
func (a *ConvArgs) Region1x1() Region { return a.region(a.cutDirect(a.H, a.W, 1), a.H, a.W, 1) }

// Region is where Attention writes: some queries of all samples.
func (a *AttentionArgs) Region() Region {
	from, to := a.Part.span(a.N * a.P)
	return Region{from * a.C, 1, 0, (to - from) * a.C}
}
