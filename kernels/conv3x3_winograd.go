package kernels

// A 3x3 convolution of stride 1 by Winograd's minimal filtering (Lavin and Gray 2016): windows of the input and the weights are
// transformed, multiplied channel by channel at each place of a window, and the sums transformed back. F(4x4) makes 4x4 outputs of 6x6
// inputs with 2.25 multiplications each in place of 9, F(2x2) 2x2 of 4x4 with 4.

// transform takes windows of in x in values to out x out.
type transform struct {
	in, out int
	// axis does so along one axis, for n channels: value i of a channel stands step*i behind value 0.
	axis func(out []float32, outStep int, in []float32, inStep, n int)
	// both, where there is one, does both axes of as many of n channels as it can and says how many: values stand across and down apart,
	// those of the result outStep apart, row by row.
	both func(out []float32, outStep int, in []float32, across, down, n int) int
	// halves is both for float16 values.
	halves func(out []float32, outStep int, in []uint16, across, down, n int) int
	// store, where there is one, does both and finishes a row of whole windows' channels of a panel: out and residual begin at the first
	// window's first pixel. Pixels stand pixel apart, rows of them row.
	store func(out []float32, pixel, row int, in []float32, inStep, windows int, scale, shift, residual []float32, mul float32)
}

// window transforms n channels along both axes.
func (t *transform) window(half, out []float32, outStep int, in []float32, across, down, n int) {
	from := 0
	if t.both != nil {
		from = t.both(out, outStep, in, across, down, n)
	}
	for ; from < n; from += filteringBlock {
		width := min(filteringBlock, n-from)
		for col := range t.in {
			t.axis(half[col*width:], t.in*width, in[col*across+from:], down, width)
		}
		for row := range t.out {
			t.axis(out[row*t.out*outStep+from:], outStep, half[row*t.in*width:], width, width)
		}
	}
}

// filtering is F(out, 3) along both axes.
type filtering struct {
	in, out                int       // values of a window, and outputs, along an axis
	input, weights, output transform // B^T d B, G g G^T, A^T m A
}

var (
	f2 = filtering{4, 2, transform{in: 4, out: 4, axis: f2Input}, transform{in: 3, out: 4, axis: f2Weights}, transform{in: 4, out: 2, axis: f2Output}}
	f4 = filtering{6, 4, transform{in: 6, out: 6, axis: f4Input}, transform{in: 3, out: 6, axis: f4Weights}, transform{in: 6, out: 4, axis: f4Output}}
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
// counted in multiplications. Weights are transformed anew each time, as they are widened; few windows do not repay that. The choice is one for a sample alone, so that it is the same in every batch:
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

// cut is the part of a that is to be done.
func (f *filtering) cut(a *ConvArgs) cut {
	h, w := a.Grid()
	rows, columns := a.N*(roundUp(h, f.out)/f.out), roundUp(w, f.out)/f.out
	return a.cut(rows, columns, f.places(), 3*f.places(), 3*f.places())
}

// apart is added to the step between a window's places, which else is often a multiple of 4 kB: then all places' values would fall into the
// same few lines of the nearest cache and drive each other out.
const apart = 16

// groupChannels is how many output channels are done at a time of many windows: a place's values are read once for all of them, while their
// weights stay near. With few windows the weights are what is read, and one panel at a time is best.
const (
	groupChannels = 32
	groupWindows  = 16
)

// chunkWindows is how many windows a group's weights are made for at least, where there are fewer groups than threads.
const chunkWindows = 32

// filtered is a convolution under way: some of its windows, transformed.
type filtered struct {
	r            *Runner
	a            *ConvArgs
	p            *Panels
	s            staged
	ho, wo       int
	f            *filtering
	cut          cut
	across, each int       // windows in a row, and in a sample
	from, count  int       // the windows at hand
	data         []float32 // [places][count][C], places dataStep apart
	group        int       // panels done together
	chunk        int       // windows at hand that are done together
	chunks       int       // of them
	// Steps from place to place of the windows, of a panel's weights, of a panel's sums.
	dataStep, weightStep, sumStep int
}

// windows are some of the windows at hand.
type windows struct{ first, count int }

// The two kinds of work of a filtered convolution: its parts are windows, which are transformed, and chunks of windows of groups of panels.
type (
	windowWork filtered
	groupWork  filtered
)

// filter computes Conv3x3 by f.
func (r *Runner) filter(f *filtering, a *ConvArgs, p *Panels) {
	h, w := a.Grid()
	s, c := a.bordered(roundUp(h, f.out), roundUp(w, f.out)), f.cut(a)
	if c.empty() {
		return
	}
	across, down := (s.w-2)/f.out, (s.h-2)/f.out
	r.stageInput(a, &s, s.line(c.row, down, f.out), s.line(c.toRow-1, down, f.out)+f.in)
	v := &r.filtered
	*v = filtered{r: r, a: a, p: p, s: s, ho: h, wo: w, f: f, cut: c, across: across, each: across * down, weightStep: s.c*best.nr + apart}
	for v.from = c.row * across; v.from < c.toRow*across; v.from += filteringWindows {
		v.count = min(filteringWindows, c.toRow*across-v.from)
		v.dataStep = v.count*s.c + apart
		v.data = room(&r.windows, f.places()*v.dataStep)
		panels := c.toPanel - c.panel
		v.group = r.groups(panels, v.count)
		groups := (panels + v.group - 1) / v.group
		v.chunk, v.chunks = r.chunks(groups, v.count, chunkWindows, best.mr)
		v.sumStep = v.chunk*best.nr + apart
		r.reserve(v.scratch(v.group))
		r.parallel(v.count, (*windowWork)(v))
		r.parallel(groups*v.chunks, (*groupWork)(v))
	}
}

// groups is how many panels are done together.
func (r *Runner) groups(panels, windows int) int {
	if windows < groupWindows {
		return 1
	}
	return max(1, min(groupChannels/best.nr, panels/r.threads))
}

// weights makes panel i's transformed weights. wide is room for a panel as float32.
//
// They are not kept from step to step: they are eight times as large as the float16 ones, and reading them takes as long as making them.
func (v *filtered) weights(work *workspace, i int, out, wide []float32) {
	t, width := &v.f.weights, v.s.c*best.nr
	if v.p.f16 != nil && t.halves != nil && t.halves(out, v.weightStep, v.p.halves(i), width, 3*width, width) == width {
		return
	}
	t.window(work.half[:], out, v.weightStep, v.p.panel(i, wide), width, 3*width, width)
}

// place is the sample, row and column of window i.
func (v *filtered) place(i int) (n, y, x int) {
	i += v.from
	return i / v.each, i % v.each / v.across * v.f.out, i % v.across * v.f.out
}

// do computes B^T d B of window i.
func (w *windowWork) do(thread, i int) {
	v := (*filtered)(w)
	n, y, x := v.place(i)
	c := v.s.c
	v.f.input.window(v.r.work[thread].half[:], v.data[i*c:], v.dataStep, v.s.data[((n*v.s.h+y)*v.s.w+x)*c:], c, v.s.w*c, c)
}

// scratch is how many values a group of panels takes: transformed weights and sums of each, a panel as float32, sums transformed back.
func (v *filtered) scratch(panels int) int {
	return panels*v.f.places()*(v.weightStep+v.sumStep) + v.p.K*best.nr + v.f.out*v.f.out*v.sumStep
}

// do computes the channels of a group of a chunk of windows.
func (w *groupWork) do(thread, i int) {
	v := (*filtered)(w)
	work := &v.r.work[thread]
	places, first := v.f.places(), v.cut.panel+i/v.chunks*v.group
	some := windows{i % v.chunks * v.chunk, 0}
	some.count = min(v.chunk, v.count-some.first)
	panels := min(v.group, v.cut.toPanel-first)
	scratch := v.r.thread(thread, v.scratch(panels))
	made, sums := scratch[:panels*places*v.weightStep], scratch[panels*places*v.weightStep:]
	rest := sums[panels*places*v.sumStep:]
	for p := range panels {
		v.weights(work, first+p, made[p*places*v.weightStep:][:places*v.weightStep], rest)
	}
	v.multiply(work, panels, some, made, sums)
	out := rest[v.p.K*best.nr:]
	for p := range panels {
		work.job.begin(v.a, v.ho, v.wo, (first+p)*best.nr)
		v.finish(work, some, sums[p*places*v.sumStep:], out)
	}
}

// finish transforms a panel's sums back and stores them.
func (v *filtered) finish(work *workspace, some windows, sums, out []float32) {
	if j := &work.job; v.f.output.store != nil && v.ho%v.f.out == 0 && v.wo%v.f.out == 0 && j.width() == best.nr {
		v.storeWhole(j, some, sums)
		return
	}
	v.f.output.window(work.half[:], out, v.sumStep, sums, v.sumStep, v.f.in*v.sumStep, v.sumStep-apart)
	v.store(&work.job, some, out, v.sumStep)
}

// storeWhole does both where all windows lie inside the picture and all of the panel's channels exist.
func (v *filtered) storeWhole(j *job, some windows, sums []float32) {
	for i := 0; i < some.count; {
		n, y, x := v.place(some.first + i)
		run := min(some.count-i, v.across-x/v.f.out) // windows of one row
		j.affine(n)
		at := ((n*v.ho+y)*v.wo+x)*v.a.Cout + j.channel
		v.f.output.store(v.a.Out[at:], v.a.Cout, v.wo*v.a.Cout, sums[i*best.nr:], v.sumStep, run, j.scale[:], j.shift[:], from(v.a.Residual, at), v.a.Mul)
		i += run
	}
}

// multiply makes the sums of a group, place by place.
func (v *filtered) multiply(work *workspace, panels int, some windows, weights, sums []float32) {
	c, nr, places := v.s.c, best.nr, v.f.places()
	most := len(work.offs)
	if panels > 1 {
		most = groupWindows
	}
	if products(v, panels, some, most, weights, sums) {
		return
	}
	for place := range places {
		for w := 0; w < some.count; {
			n := stepped(work.offs[:most], place*v.dataStep+(some.first+w)*c, c, some.count-w)
			for p := range panels {
				best.run(sums[(p*places+place)*v.sumStep+w*nr:], v.data, work.offs[:roundUp(n, best.mr)], 0, 1, c, weights[(p*places+place)*v.weightStep:])
			}
			w += n
		}
	}
}

// store stores what lies inside the picture.
func (v *filtered) store(j *job, some windows, out []float32, padded int) {
	for i := 0; i < some.count; {
		n, y, x := v.place(some.first + i)
		run := min(some.count-i, v.across-x/v.f.out) // windows of one row
		v.storeRow(j, out[i*best.nr:], n, y, x, run, padded)
		i += run
	}
}

// storeRow finishes and stores the outputs of a row of windows: those of one place in a window are v.f.out pixels apart.
func (v *filtered) storeRow(j *job, out []float32, n, y, x, run, padded int) {
	j.affine(n)
	for row := range min(v.f.out, v.ho-y) {
		for col := range v.f.out {
			if inside := min(run, (v.wo-x-col+v.f.out-1)/v.f.out); inside > 0 {
				j.finish(out[(row*v.f.out+col)*padded:], (n*v.ho+y+row)*v.wo+x+col, v.f.out, inside)
			}
		}
	}
}
