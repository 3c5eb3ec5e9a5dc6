package kernels

// staged is a convolution's input made ready: joined, normalised, activated, upsampled, with a zero border.
type staged struct {
	data         []float32
	h, w, c      int // rows and columns with the border
	stride, skip int // step between outputs, and where the first window starts
}

// Conv3x3 computes PlainConv3x3 with p packed from a.Weight.
func (r *Runner) Conv3x3(a *ConvArgs, p *Panels) {
	s := r.stageBordered(a)
	h, w := a.Grid()
	r.product(a, p, s, ConvSize(h, a.Stride, a.Pad), ConvSize(w, a.Stride, a.Pad), 3)
}

// Conv1x1 computes PlainConv1x1 with p packed from a.Weight.
func (r *Runner) Conv1x1(a *ConvArgs, p *Panels) {
	s := staged{data: a.In[0], h: a.H, w: a.W, c: a.Channels(), stride: 1}
	if a.In[1] != nil || a.Norm != nil || a.SiLU {
		s.data = r.staging(a.N * a.H * a.W * s.c)
		r.parallel(a.N*a.H, func(_, row int) {
			for x := range a.W {
				pixel := row*a.W + x
				a.stagePixel(s.data[pixel*s.c:][:s.c], row/a.H, pixel)
			}
		})
	}
	r.product(a, p, s, a.H, a.W, 1)
}

// stageBordered writes act(norm(concat(In))) with one zero pixel on every side.
func (r *Runner) stageBordered(a *ConvArgs) staged {
	h, w := a.Grid()
	s := staged{h: h + 2, w: w + 2, c: a.Channels(), stride: a.Stride}
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
	c := a.Channels()
	if !a.Up {
		for x := range a.W {
			a.stagePixel(line[x*c:][:c], n, (n*a.H+y)*a.W+x)
		}
		return
	}
	for x := range a.W {
		a.stagePixel(line[2*x*c:][:c], n, (n*a.H+y/2)*a.W+x)
		copy(line[(2*x+1)*c:][:c], line[2*x*c:][:c])
	}
}

// stagePixel writes one pixel's channels.
func (a *ConvArgs) stagePixel(out []float32, n, pixel int) {
	c0, c1 := a.C[0], a.C[1]
	copy(out[:c0], a.In[0][pixel*c0:][:c0])
	if c1 > 0 {
		copy(out[c0:], a.In[1][pixel*c1:][:c1])
	}
	if a.Norm != nil {
		m := a.Norm[3*n*len(out):]
		normalise(out, m[:len(out)], m[len(out):][:len(out)], m[2*len(out):][:len(out)])
	}
	if a.SiLU {
		silu(out)
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
		j.pixels(from, min(from+size, pixels))
	})
}

// job is one panel of a product.
type job struct {
	a            *ConvArgs
	s            staged
	ho, wo, rows int
	channel      int // first output channel
	panel        []float32
}

// pixels computes the output pixels from..to, a tile at a time. A last, short tile repeats its last pixel.
func (j *job) pixels(from, to int) {
	var acc [maxMR * maxNR]float32
	var offs [maxMR]int
	var scale, shift [maxNR]float32
	sample := -1
	mr := best.mr
	for p := from; p < to; p += mr {
		for i := range mr {
			offs[i] = j.offset(min(p+i, to-1))
		}
		best.run(acc[:], j.s.data, offs[:mr], j.s.w*j.s.c, j.rows, j.rows*j.s.c, j.panel)
		for i := range min(mr, to-p) {
			if n := (p + i) / (j.ho * j.wo); n != sample {
				sample = n
				j.affine(&scale, &shift, n)
			}
			j.store(acc[i*best.nr:][:best.nr], &scale, &shift, p+i)
		}
	}
}

// offset is where the first tap of output pixel p reads.
func (j *job) offset(p int) int {
	x := p % j.wo
	p /= j.wo
	y, n := p%j.ho, p/j.ho
	return ((n*j.s.h+y*j.s.stride+j.s.skip)*j.s.w + x*j.s.stride + j.s.skip) * j.s.c
}

// affine gathers scale and bias + time of sample n for the panel's channels.
func (j *job) affine(scale, shift *[maxNR]float32, n int) {
	for i := range min(best.nr, j.a.Cout-j.channel) {
		c := j.channel + i
		scale[i], shift[i] = 1, j.a.Bias[c]
		if j.a.Scale != nil {
			scale[i] = j.a.Scale[c]
		}
		if j.a.Time != nil {
			shift[i] += j.a.Time[n*j.a.TimeStride+c]
		}
	}
}

// store finishes the sums of one pixel.
func (j *job) store(acc []float32, scale, shift *[maxNR]float32, pixel int) {
	width := min(best.nr, j.a.Cout-j.channel)
	at := pixel*j.a.Cout + j.channel
	out := j.a.Out[at : at+width]
	if j.a.Residual != nil {
		finishResidual(out, acc, scale[:], shift[:], j.a.Residual[at:at+width], j.a.Mul)
		return
	}
	finish(out, acc, scale[:], shift[:], j.a.Mul)
}
