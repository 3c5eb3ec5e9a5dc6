package kernels

// Linear computes PlainLinear with p packed from a.Weight: a 1x1 convolution over N pixels.
func (r *Runner) Linear(a *LinearArgs, p *Panels) {
	in := a.In
	if a.SiLU {
		in = r.staging(a.N * a.Cin)
		copy(in, a.In[:a.N*a.Cin])
		silu(in)
	}
	scratch := r.thread(0, p.K*best.nr)
	var acc [maxMR * maxNR]float32
	var offs [maxMR]int
	for i := range p.Count() {
		panel := p.panel(i, scratch)
		for n := 0; n < a.N; n += best.mr {
			for m := range best.mr {
				offs[m] = min(n+m, a.N-1) * a.Cin
			}
			best.run(acc[:], in, offs[:best.mr], 0, 1, a.Cin, panel)
			for m := range min(best.mr, a.N-n) {
				a.store(acc[m*best.nr:], n+m, i*best.nr)
			}
		}
	}
}

// store finishes the sums of vector n from channel first on.
func (a *LinearArgs) store(acc []float32, n, first int) {
	for i := range min(best.nr, a.Cout-first) {
		a.Out[n*a.OutStride+first+i] = a.finish(acc[i], n, first+i)
	}
}
