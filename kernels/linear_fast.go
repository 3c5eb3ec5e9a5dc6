package kernels

// Linear computes PlainLinear with p packed from a.Weight: a 1x1 convolution over N pixels.
func (r *Runner) Linear(a *LinearArgs, p *Panels) {
	in := a.In
	if a.SiLU {
		in = room(&r.stage, a.N*a.Cin)
		copy(in, a.In[:a.N*a.Cin])
		silu(in)
	}
	r.reserve(p.K * best.nr)
	scratch := r.thread(0, p.K*best.nr)
	work := &r.work[0]
	for i := range p.Count() {
		panel := p.panel(i, scratch)
		for n := 0; n < a.N; {
			count := stepped(work.offs[:], n*a.Cin, a.Cin, a.N-n)
			best.run(work.acc[:], in, work.offs[:roundUp(count, best.mr)], 0, 1, a.Cin, panel)
			for m := range count {
				a.store(work.acc[m*best.nr:], n+m, i*best.nr)
			}
			n += count
		}
	}
}

// store finishes the sums of vector n from channel first on.
func (a *LinearArgs) store(acc []float32, n, first int) {
	for i := range min(best.nr, a.Cout-first) {
		a.Out[n*a.OutStride+first+i] = a.finish(acc[i], n, first+i)
	}
}
