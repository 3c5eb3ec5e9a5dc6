package cpu

import (
	"context"

	"unnoise/kernels"
	"unnoise/wasm/unet"
)

// share is what a worker of a team does of a run: the samples from from to to, and of their operations a part. Where workers are more than
// samples, several do each sample together.
type share struct {
	from, to  int
	part      kernels.Part
	exchanges bool // operations are exchanged, if not by this worker then by others
}

// share is this worker's share of a run of so many samples.
func (p *program) share(samples int) share {
	w := p.shared.team.Part()
	if samples >= w.Of {
		return share{from: samples * w.K / w.Of, to: samples * (w.K + 1) / w.Of}
	}
	sample := w.K * samples / w.Of
	// Workers from first to next have the same sample.
	first, next := (sample*w.Of+samples-1)/samples, ((sample+1)*w.Of+samples-1)/samples
	return share{sample, sample + 1, kernels.Part{K: w.K - first, Of: next - first}, true}
}

// together does runs with the team, where there is one and it can; done says that they need not be done again.
func (p *program) together(ctx context.Context, jobs []job, ops int, after func(op int)) (done bool, err error) {
	samples := 0
	for i := range jobs {
		samples += jobs[i].batch
	}
	// A worker that serves has runs of its own too, which nobody shares.
	team := p.shared.team
	if team == nil || team.Part().K > 0 || samples > p.shared.samples || !team.Begin(ops, samples) {
		return false, nil
	}
	own := p.share(samples)
	p.take(&jobs[0], own.to)
	err = errApart
	if p.handOut(jobs, own, samples) {
		err = p.through(ctx, ops, own, after)
	}
	if err == nil && samples > 1 && !p.gather(jobs, own, samples) {
		err = errApart
	}
	if err != nil {
		team.Cancel()
	}
	return err != errApart, err
}

// handOut brings inputs from worker 0, who has the jobs, to the others.
func (p *program) handOut(jobs []job, own share, samples int) bool {
	size := p.size(p.plan.Inputs)
	if jobs != nil {
		for s := range samples {
			j, i := sampleOf(jobs, s)
			p.give(p.plan.Inputs, j.ins, i, s*size)
		}
	}
	if !p.shared.team.Arrive() {
		return false
	}
	if jobs == nil {
		for s := own.from; s < own.to; s++ {
			p.get(p.plan.Inputs, p.desk.ins, s-own.from, s*size)
		}
	}
	return true
}

// gather brings the outputs of all samples to worker 0.
func (p *program) gather(jobs []job, own share, samples int) bool {
	size := p.size(p.plan.Outputs)
	if jobs == nil && own.part.K == 0 {
		for s := own.from; s < own.to; s++ {
			p.give(p.plan.Outputs, p.desk.outs, s-own.from, s*size)
		}
	}
	if !p.shared.team.Arrive() {
		return false
	}
	if jobs != nil {
		for s := own.to; s < samples; s++ {
			j, i := sampleOf(jobs, s)
			p.get(p.plan.Outputs, j.outs, i, s*size)
		}
	}
	return true
}

// sampleOf is the job of the s-th of all samples, and which of its samples that is.
func sampleOf(jobs []job, s int) (*job, int) {
	for s >= jobs[0].batch {
		s -= jobs[0].batch
		jobs = jobs[1:]
	}
	return &jobs[0], s
}

// give gives a sample of every tensor, data holding those of a batch, from place at of the exchange on.
func (p *program) give(ids []unet.TensorID, data [][]float32, sample, at int) {
	for i, id := range ids {
		size := p.shape(id).Len()
		p.shared.team.Give(data[i][sample*size:][:size], at)
		at += size
	}
}

// get takes what give gave.
func (p *program) get(ids []unet.TensorID, data [][]float32, sample, at int) {
	for i, id := range ids {
		size := p.shape(id).Len()
		p.shared.team.Take(data[i][sample*size:][:size], at)
		at += size
	}
}

// exchange completes an operation's output with the others' parts.
func (p *program) exchange(o *operation, own share) bool {
	out, at := p.data[o.Out], own.from*p.shared.room
	for k := range own.part.Of {
		g := o.partOf(kernels.Part{K: k, Of: own.part.Of})
		if k == own.part.K {
			p.shared.team.Give(p.packed(g, out), at)
		}
		at += g.Len()
	}
	if !p.shared.team.Arrive() {
		return false
	}
	at = own.from * p.shared.room
	for k := range own.part.Of {
		g := o.partOf(kernels.Part{K: k, Of: own.part.Of})
		if k != own.part.K {
			p.unpack(g, out, at)
		}
		at += g.Len()
	}
	return true
}

func (p *program) packed(g kernels.Region, out []float32) []float32 {
	if g.Rows == 1 {
		return out[g.Offset:][:g.Width]
	}
	values := p.packing(g.Len())
	g.Pack(values, out)
	return values
}

func (p *program) unpack(g kernels.Region, out []float32, at int) {
	if g.Rows == 1 {
		p.shared.team.Take(out[g.Offset:][:g.Width], at)
		return
	}
	values := p.packing(g.Len())
	p.shared.team.Take(values, at)
	g.Unpack(out, values)
}

// packing is room for n values.
func (p *program) packing(n int) []float32 {
	if len(p.shared.pack) < n {
		p.shared.pack = make([]float32, n)
	}
	return p.shared.pack[:n]
}

// partOf is where a part of an operation that was set up stands in its output.
func (o *operation) partOf(part kernels.Part) kernels.Region {
	o.conv.Part, o.attention.Part = part, part
	return o.region(o)
}
