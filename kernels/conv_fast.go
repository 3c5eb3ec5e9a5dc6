package kernels

// staging makes a convolution's input ready: joined, normalised, activated, upsampled, with a zero border. Its parts are rows.
type staging struct {
	a *ConvArgs
	staged
	from int // first row
}

// staged is an input that is ready.
type staged struct {
	data         []float32
	h, w, c      int // rows and columns with the border
	border       int // zero pixels left and above
	stride, skip int // step between outputs, and where the first window starts
}

// Conv3x3 computes PlainConv3x3 with p packed from a.Weight.
func (r *Runner) Conv3x3(a *ConvArgs, p *Panels) {
	if f := a.filtering(); f != nil {
		r.filter(f, a, p)
		return
	}
	h, w := a.Grid()
	ho, wo := ConvSize(h, a.Stride, a.Pad), ConvSize(w, a.Stride, a.Pad)
	s, c := a.bordered(h, w), a.cutDirect(ho, wo, 3)
	if c.empty() {
		return
	}
	r.stageInput(a, &s, s.line(c.row, ho, s.stride)+s.skip, s.line(c.toRow-1, ho, s.stride)+s.skip+3)
	r.multiply(a, p, s, c, ho, wo, 3)
}

// Conv1x1 computes PlainConv1x1 with p packed from a.Weight.
func (r *Runner) Conv1x1(a *ConvArgs, p *Panels) {
	s, c := staged{data: a.In[0], h: a.H, w: a.W, c: a.Channels(), stride: 1}, a.cutDirect(a.H, a.W, 1)
	if c.empty() {
		return
	}
	if a.In[1] != nil || a.Norm != nil || a.SiLU {
		r.stageInput(a, &s, c.row, c.toRow)
	}
	r.multiply(a, p, s, c, a.H, a.W, 1)
}

// bordered is the form of an input with one zero pixel on every side, and more where the picture is smaller than rows x columns.
func (a *ConvArgs) bordered(rows, columns int) staged {
	s := staged{h: rows + 2, w: columns + 2, c: a.Channels(), border: 1, stride: a.Stride}
	if a.Stride == 2 && a.Pad == PadRightBottom {
		s.skip = 1
	}
	return s
}

// line is the staged row where the window of an output row begins, of which a sample has perSample, step rows apart.
func (s *staged) line(row, perSample, step int) int { return row/perSample*s.h + row%perSample*step }

// stageInput writes rows from..to of act(norm(concat(In))).
func (r *Runner) stageInput(a *ConvArgs, s *staged, from, to int) {
	s.data = room(&r.stage, a.N*s.h*s.w*s.c)
	r.staging = staging{a, *s, from}
	r.parallel(to-from, &r.staging)
}

func (s *staging) do(_, part int) {
	row := s.from + part
	line := s.data[row*s.w*s.c:][:s.w*s.c]
	h, w := s.a.Grid()
	n, y := row/s.h, row%s.h-s.border
	if y < 0 || y >= h {
		clear(line)
		return
	}
	left := s.border * s.c
	clear(line[:left])
	clear(line[left+w*s.c:])
	s.a.stageRow(line[left:][:w*s.c], n, y)
}

// stageRow writes row y of the grid.
func (a *ConvArgs) stageRow(line []float32, n, y int) {
	if !a.Up {
		a.stagePixels(line, a.Channels(), n, (n*a.H+y)*a.W, a.W)
		return
	}
	c := a.Channels()
	a.stagePixels(line, 2*c, n, (n*a.H+y/2)*a.W, a.W)
	for x := range a.W {
		copy(line[(2*x+1)*c:][:c], line[2*x*c:][:c])
	}
}

// stagePixels writes count pixels of sample n, from pixel first on, step values apart.
func (a *ConvArgs) stagePixels(out []float32, step, n, first, count int) {
	total, at := a.Channels(), 0
	for i, in := range a.In {
		c := a.C[i]
		if c == 0 {
			continue
		}
		var norm []float32
		if a.Norm != nil {
			norm = a.Norm[3*n*total+at:][:2*total+c]
		}
		activateRow(out[at:], step, in[first*c:][:count*c], c, norm, total, a.SiLU)
		at += c
	}
}

// product is staged input times panels: rows runs of rows*c values each. Its parts are chunks of pixels of one panel each.
type product struct {
	r            *Runner
	a            *ConvArgs
	p            *Panels
	s            staged
	cut          cut
	ho, wo, rows int
	chunks, size int   // how many chunks a panel's pixels are cut into, and of how many pixels
	offs         []int // where the first taps of the cut's pixels read
	top          int   // the largest of offs
}

// chunkPixels is how many pixels a panel is widened for at least.
const chunkPixels = 64

func (r *Runner) multiply(a *ConvArgs, p *Panels, s staged, c cut, ho, wo, rows int) {
	pixels, panels := (c.toRow-c.row)*wo, c.toPanel-c.panel
	size, chunks := r.chunks(panels, pixels, chunkPixels, best.mr)
	m := &r.product
	*m = product{r: r, a: a, p: p, s: s, cut: c, ho: ho, wo: wo, rows: rows, chunks: chunks, size: size}
	m.place(pixels)
	r.reserve(p.K * best.nr)
	r.parallel(panels*chunks, m)
}

func (m *product) do(thread, part int) {
	work := &m.r.work[thread]
	index := m.cut.panel + part/m.chunks
	panel := m.p.panel(index, m.r.thread(thread, m.p.K*best.nr))
	work.job.begin(m.a, m.ho, m.wo, index*best.nr)
	first, pixels := m.cut.row*m.wo, (m.cut.toRow-m.cut.row)*m.wo
	from := part % m.chunks * m.size
	to := min(from+m.size, pixels)
	for from < to {
		n := m.whole(work, panel, first, from, to)
		if n == 0 {
			n = copy(work.offs[:], m.offs[from:to])
			repeatLast(work.offs[:], n)
			best.run(work.acc[:], m.s.data, work.offs[:roundUp(n, best.mr)], m.s.w*m.s.c, m.rows, m.rows*m.s.c, panel)
			work.job.store(work.acc[:], first+from, n)
		}
		from += n
	}
}

// whole does the pixels of one sample of the cut's done..to, where that can be done at once, and says how many that are; first is the cut's
// first pixel.
func (m *product) whole(work *workspace, panel []float32, first, done, to int) int {
	j, each := &work.job, m.ho*m.wo
	sample := (first + done) / each
	n, at := min(to-done, (sample+1)*each-first-done), (first+done)*m.a.Cout+j.channel
	work.left = tileProduct{s: m.s.data, offs: m.offs[done:][:n], top: m.top, rowStride: m.s.w * m.s.c, rows: m.rows, run: m.rows * m.s.c, outStep: m.a.Cout}
	j.affine(sample)
	residual := from(m.a.Residual, at)
	if j.width() < best.nr || !whole(&work.left, panel, m.a.Out[at:], residual, &j.scale, &j.shift, m.a.Mul) {
		return 0
	}
	return n
}

// place fills offs for the cut's pixels.
func (m *product) place(pixels int) {
	m.offs = room(&m.r.offs, pixels)
	x, y, sample, at := 0, m.cut.row%m.ho, m.cut.row/m.ho, 0
	step, skip := m.s.stride*m.s.c, m.s.skip*(m.s.w+1)*m.s.c
	for i := range m.offs {
		if x == 0 {
			at = (sample*m.s.h+y*m.s.stride)*m.s.w*m.s.c + skip
		}
		m.offs[i], m.top = at, max(m.top, at)
		at += step
		if x++; x == m.wo {
			x, y = 0, y+1
		}
		if y == m.ho {
			y, sample = 0, sample+1
		}
	}
}

// repeatLast fills offs behind the first n with the last of these, to the next multiple of a tile's pixels.
func repeatLast(offs []int, n int) {
	for i := n; i < roundUp(n, best.mr); i++ {
		offs[i] = offs[n-1]
	}
}

// job is what finishes the sums of one panel.
type job struct {
	a       *ConvArgs
	ho, wo  int
	channel int // first output channel
	// What finishes the sums of one sample: sum*scale + shift.
	ready        bool
	sample       int
	scale, shift [maxNR]float32
}

func (j *job) begin(a *ConvArgs, ho, wo, channel int) {
	j.a, j.ho, j.wo, j.channel, j.ready = a, ho, wo, channel, false
}

// store finishes the sums of n pixels from pixel on.
func (j *job) store(acc []float32, pixel, n int) {
	each := j.ho * j.wo
	for n > 0 {
		sample := pixel / each
		j.affine(sample)
		same := min(n, (sample+1)*each-pixel)
		j.finish(acc, pixel, 1, same)
		acc, pixel, n = acc[same*best.nr:], pixel+same, n-same
	}
}

// affine gathers scale and bias + time of a sample for the panel's channels.
func (j *job) affine(sample int) {
	if j.ready && sample == j.sample {
		return
	}
	j.sample, j.ready = sample, true
	for i := range j.width() {
		c := j.channel + i
		j.scale[i], j.shift[i] = 1, j.a.Bias[c]
		if j.a.Scale != nil {
			j.scale[i] = j.a.Scale[c]
		}
		if j.a.Time != nil {
			j.shift[i] += j.a.Time[sample*j.a.TimeStride+c]
		}
	}
}

// width is how many of the panel's channels there are.
func (j *job) width() int { return min(best.nr, j.a.Cout-j.channel) }

// finish writes n pixels, step apart from pixel on, of the sample that affine has gathered for.
func (j *job) finish(acc []float32, pixel, step, n int) {
	at, stride := pixel*j.a.Cout+j.channel, step*j.a.Cout
	out, residual := j.a.Out[at:], from(j.a.Residual, at)
	if j.width() == best.nr {
		finish(out, stride, acc, best.nr, n, j.scale[:], j.shift[:], residual, j.a.Mul)
		return
	}
	for i := range n {
		finishScalar(out[i*stride:][:j.width()], acc[i*best.nr:], j.scale[:], j.shift[:], from(residual, i*stride), j.a.Mul)
	}
}

// from is s from index i on; nil stays nil.
func from(s []float32, i int) []float32 {
	if s == nil {
		return nil
	}
	return s[i:]
}
