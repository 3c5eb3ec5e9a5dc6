package kernels

// A 3x3 convolution of stride 1 by Winograd's minimal filtering (Lavin and Gray 2016): windows of the input and the weights are
// transformed, multiplied channel by channel at each place of a window, and the sums transformed back. F(4x4) makes 4x4 outputs of 6x6
// inputs with 2.25 multiplications each in place of 9, F(2x2) 2x2 of 4x4 with 4.

// filtering is F(out, 3) along both axes, by its one-dimensional transforms over n channels: value i of a channel stands step*i behind
// value 0.
type filtering struct {
	in, out                int                                                           // values of a window, and outputs, along an axis
	input, weights, output func(out []float32, outStep int, in []float32, inStep, n int) // B^T x, G g, A^T m
}

var (
	f2 = filtering{4, 2, f2Input, f2Weights, f2Output}
	f4 = filtering{6, 4, f4Input, f4Weights, f4Output}
)

// places is the number of products of a window and a pair of channels.
func (f *filtering) places() int { return f.in * f.in }

// maxIn is the largest window of a filtering.
const maxIn = 6

// f4Channels is where F(4x4) begins. In float32 it loses twice what direct sums lose, F(2x2) less than they. Narrow networks, where
// single roundings count most and time counts least, keep the exact one.
const f4Channels = 48

// filteringBlock is how many channels of a window are transformed at a time, so that they stay in the nearest cache between the two axes.
const filteringBlock = 64

// filteringWindows is how many windows are done at a time, so that what they become stays near: at most 36 kB a channel.
const filteringWindows = 256

// filtering chooses the way to compute a: nil for direct sums. What is saved is weighed against the transforms of one pair of channels,
// counted in multiplications. Weights are transformed anew each time, as they are widened, unless there is room to keep them; few windows do not repay that. The choice is one for a sample alone, so that it is the same in every batch:
// a sample's bits must not depend on its company.
func (a *ConvArgs) filtering() *filtering {
	if a.Stride != 1 || a.Channels() < 8 {
		return nil
	}
	h, w := a.Grid()
	var best *filtering
	least := 9 * roundUp(h*w, 4)
	for _, f := range []*filtering{&f2, &f4} {
		if work := f.work(a); work < least && (f != &f4 || a.Channels() >= f4Channels) {
			best, least = f, work
		}
	}
	return best
}

// work is what f costs for a pair of channels, in multiplications.
func (f *filtering) work(a *ConvArgs) int {
	windows := f.windows(a)
	return f.places() * (roundUp(windows, best.mr) + 2 + 3*windows/roundUp(a.Cout, best.nr))
}

// windows is the number of windows of one sample.
func (f *filtering) windows(a *ConvArgs) int {
	h, w := a.Grid()
	return roundUp(h, f.out) / f.out * (roundUp(w, f.out) / f.out)
}

// filtered is a convolution under way: some of its windows, transformed.
type filtered struct {
	job
	f            *filtering
	across, each int       // windows in a row, and in a sample
	from, count  int       // the windows at hand
	data         []float32 // [places][count][C]
	kept         *keptWeights
}

// filter computes Conv3x3 by f.
func (r *Runner) filter(f *filtering, a *ConvArgs, p *Panels) {
	h, w := a.Grid()
	s := r.stageBordered(a, roundUp(h, f.out), roundUp(w, f.out))
	total := a.N * f.windows(a)
	kept := p.keep(f, f.places()*s.c*best.nr)
	v := filtered{job: job{a: a, s: s, ho: h, wo: w}, f: f, kept: kept, across: (s.w - 2) / f.out, each: f.windows(a)}
	for v.from = 0; v.from < total; v.from += filteringWindows {
		v.count = min(filteringWindows, total-v.from)
		v.data = r.transformed(f.places() * v.count * s.c)
		r.parallel(v.count, func(thread, i int) { v.transform(&r.work[thread], i) })
		r.parallel(p.Count(), func(thread, i int) {
			part := v
			part.panel(r, thread, p, i)
		})
		kept.ready = true
	}
}

// keptWeights are a convolution's transformed weights, panel by panel, where there is room to keep them from one step to the next.
type keptWeights struct {
	f     *filtering
	data  []float32 // nil where there is no room
	ready bool
}

// keep finds the weights kept for f, or makes room for them: size values a panel.
func (p *Panels) keep(f *filtering, size int) *keptWeights {
	if p.kept.f == f {
		return &p.kept
	}
	p.Spare.give(len(p.kept.data))
	p.kept = keptWeights{f: f}
	if size *= p.Count(); p.Spare.take(size) {
		p.kept.data = make([]float32, size)
	}
	return &p.kept
}

// weights are panel i's, transformed by now: kept ones, or made in scratch.
func (v *filtered) weights(work *workspace, p *Panels, i int, scratch []float32) []float32 {
	size := v.f.places() * v.s.c * best.nr
	out := scratch[p.K*best.nr:][:size]
	if v.kept.data != nil {
		out = v.kept.data[i*size:][:size]
		if v.kept.ready {
			return out
		}
	}
	v.f.transformWeights(work, out, p.panel(i, scratch), v.s.c*best.nr)
	return out
}

// place is the sample, row and column of window i.
func (v *filtered) place(i int) (n, y, x int) {
	i += v.from
	return i / v.each, i % v.each / v.across * v.f.out, i % v.across * v.f.out
}

// transform computes B^T d B of window i.
func (v *filtered) transform(work *workspace, i int) {
	half := work.half[:]
	n, y, x := v.place(i)
	c, size := v.s.c, v.f.in
	in := v.s.data[((n*v.s.h+y)*v.s.w+x)*c:]
	for from := 0; from < c; from += filteringBlock {
		width := min(filteringBlock, c-from)
		for col := range size {
			v.f.input(half[col*width:], size*width, in[col*c+from:], v.s.w*c, width)
		}
		for row := range size {
			v.f.input(v.data[(row*size*v.count+i)*c+from:], v.count*c, half[row*size*width:], width, width)
		}
	}
}

// panel computes the channels of panel i of all windows at hand.
func (v *filtered) panel(r *Runner, thread int, p *Panels, i int) {
	c, nr, places := v.s.c, best.nr, v.f.places()
	padded := roundUp(v.count, best.mr) * nr
	outs := v.f.out * v.f.out
	scratch := r.thread(thread, (p.K+places*c)*nr+(places+v.f.in*v.f.out+outs)*padded)
	sums := scratch[(p.K+places*c)*nr:]
	half, out := sums[places*padded:], sums[(places+v.f.in*v.f.out)*padded:]
	work := &r.work[thread]
	weights := v.weights(work, p, i, scratch)
	v.channel = i * nr
	for place := range places {
		for w := 0; w < v.count; {
			offs, n := offsets(work.offs[:], w, v.count, func(w int) int { return (place*v.count + w) * c })
			best.run(sums[place*padded+w*nr:], v.data, offs, 0, 1, c, weights[place*c*nr:])
			w += n
		}
	}
	v.untransform(sums, half, out, padded)
}

// transformWeights computes G g G^T of weights [3][3][width].
func (f *filtering) transformWeights(work *workspace, out, in []float32, width int) {
	half := work.half[:]
	for from := 0; from < width; from += filteringBlock {
		n := min(filteringBlock, width-from)
		for col := range 3 {
			f.weights(half[col*n:], 3*n, in[col*width+from:], 3*width, n)
		}
		for row := range f.in {
			f.weights(out[row*f.in*width+from:], width, half[row*3*n:], n, n)
		}
	}
}

// untransform computes A^T m A of all windows at once and stores what lies inside the picture.
func (v *filtered) untransform(sums, half, out []float32, padded int) {
	size := v.f.in
	for col := range size {
		v.f.output(half[col*padded:], size*padded, sums[col*padded:], size*padded, padded)
	}
	for row := range v.f.out {
		v.f.output(out[row*v.f.out*padded:], padded, half[row*size*padded:], padded, padded)
	}
	for i := 0; i < v.count; {
		n, y, x := v.place(i)
		run := min(v.count-i, v.across-x/v.f.out) // windows of one row
		v.storeRow(out[i*best.nr:], n, y, x, run, padded)
		i += run
	}
}

// storeRow finishes and stores the outputs of a row of windows: those of one place in a window are v.f.out pixels apart.
func (v *filtered) storeRow(out []float32, n, y, x, run, padded int) {
	v.affine(n)
	for row := range min(v.f.out, v.ho-y) {
		for col := range v.f.out {
			if inside := min(run, (v.wo-x-col+v.f.out-1)/v.f.out); inside > 0 {
				v.finish(out[(row*v.f.out+col)*padded:], (n*v.ho+y+row)*v.wo+x+col, v.f.out, inside)
			}
		}
	}
}
