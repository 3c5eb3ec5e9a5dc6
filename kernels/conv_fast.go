package kernels

// staged is a convolution's input made ready: joined, normalised, activated, upsampled, with a zero border.
type staged struct {
	data         []float32
	h, w, c      int // rows and columns with the border
	stride, skip int // step between outputs, and where the first window starts
}

// Conv3x3 computes PlainConv3x3 with p packed from a.Weight.
func (r *Runner) Conv3x3(a *ConvArgs, p *Panels) {
	if f := a.filtering(); f != nil {
		r.filter(f, a, p)
		return
	}
	h, w := a.Grid()
	s := r.stageBordered(a, h, w)
	r.product(a, p, s, ConvSize(h, a.Stride, a.Pad), ConvSize(w, a.Stride, a.Pad), 3)
}

// Conv1x1 computes PlainConv1x1 with p packed from a.Weight.
func (r *Runner) Conv1x1(a *ConvArgs, p *Panels) {
	s := staged{data: a.In[0], h: a.H, w: a.W, c: a.Channels(), stride: 1}
	if a.In[1] != nil || a.Norm != nil || a.SiLU {
		s.data = r.staging(a.N * a.H * a.W * s.c)
		r.parallel(a.N*a.H, func(_, row int) { a.stagePixels(s.data[row*a.W*s.c:], s.c, row/a.H, row*a.W, a.W) })
	}
	r.product(a, p, s, a.H, a.W, 1)
}

// stageBordered writes act(norm(concat(In))) with one zero pixel on every side, and more where the picture is smaller than rows x columns.
func (r *Runner) stageBordered(a *ConvArgs, rows, columns int) staged {
	h, w := a.Grid()
	s := staged{h: rows + 2, w: columns + 2, c: a.Channels(), stride: a.Stride}
	if a.Stride == 2 && a.Pad == PadRightBottom {
		s.skip = 1
	}
	s.data = r.staging(a.N * s.h * s.w * s.c)
	r.parallel(a.N*s.h, func(_, row int) {
		line := s.data[row*s.w*s.c:][:s.w*s.c]
		n, y := row/s.h, row%s.h-1
		if y < 0 || y >= h {
			clear(line)
			return
		}
		clear(line[:s.c])
		clear(line[(w+1)*s.c:])
		a.stageRow(line[s.c:(w+1)*s.c], n, y)
	})
	return s
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

// product multiplies the staged input by the panels: rows runs of rows*c values each.
func (r *Runner) product(a *ConvArgs, p *Panels, s staged, ho, wo, rows int) {
	pixels, panels := a.N*ho*wo, p.Count()
	chunks := r.chunks(panels, pixels)
	size := (pixels + chunks - 1) / chunks
	r.parallel(panels*chunks, func(thread, task int) {
		scratch := r.thread(thread, p.K*best.nr)
		from := task % chunks * size
		j := job{a: a, s: s, ho: ho, wo: wo, rows: rows, channel: task / chunks * best.nr, panel: p.panel(task/chunks, scratch)}
		j.pixels(&r.work[thread], from, min(from+size, pixels))
	})
}

// job is one panel of a product.
type job struct {
	a            *ConvArgs
	s            staged
	ho, wo, rows int
	channel      int // first output channel
	panel        []float32
	// What finishes the sums of one sample: sum*scale + shift.
	ready        bool
	sample       int
	scale, shift [maxNR]float32
}

// pixels computes the output pixels from..to.
func (j *job) pixels(work *workspace, from, to int) {
	for p := from; p < to; {
		offs, n := offsets(work.offs[:], p, to, j.offset)
		best.run(work.acc[:], j.s.data, offs, j.s.w*j.s.c, j.rows, j.rows*j.s.c, j.panel)
		j.store(work.acc[:], p, n)
		p += n
	}
}

// offset is where the first tap of output pixel p reads.
func (j *job) offset(p int) int {
	x := p % j.wo
	p /= j.wo
	y, n := p%j.ho, p/j.ho
	return ((n*j.s.h+y*j.s.stride+j.s.skip)*j.s.w + x*j.s.stride + j.s.skip) * j.s.c
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
