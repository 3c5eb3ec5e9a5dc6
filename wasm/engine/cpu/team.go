package cpu

import (
	"context"
	"errors"

	"unnoise/kernels"
	"unnoise/wasm/engine"
	"unnoise/wasm/unet"
)

// Part is one of several parts: the K-th of Of.
type Part = kernels.Part

// Team connects workers that each hold the same program with a memory of its own, so that they share the work of one picture: each
// computes a part of an operation's output, gives it to the others and takes theirs. Worker 0 begins runs, the others Serve it.
type Team interface {
	// Part is which of how many parts this worker does.
	Part() Part
	// Begin tells the others that a run of a plan's first ops operations begins; false: they cannot take part in it.
	Begin(ops int) bool
	// Next waits until worker 0 begins a run, and gives its ops; 0: none began for a while.
	Next() (ops int)
	// Give puts values where the others can Take them, from place at on.
	Give(values []float32, at int)
	// Arrive waits until all have given what they have of this exchange; false: somebody does not come, or the run was cancelled.
	Arrive() bool
	// Take gets what was given in the exchange at which all have arrived; it may be overwritten after the next one.
	Take(values []float32, at int)
	// Cancel ends the run for all.
	Cancel()
}

// What is worth being shared: an operation of so many multiplications, since an exchange takes as long as some hundred thousand; a network
// where operations to be shared have so many together.
var (
	sharedMACs  int64 = 500_000
	networkMACs int64 = 10_000_000
)

// errApart is the end of a run whose team broke apart.
var errApart = errors.New("the workers that share a picture lost each other")

// regions say where an operation's part of its output stands; operations of other kinds are done by every worker, which takes less time than
// an exchange.
var regions = map[kernels.Kernel]func(*operation) kernels.Region{
	kernels.Conv3x3:   func(o *operation) kernels.Region { return o.conv.Region3x3() },
	kernels.Conv1x1:   func(o *operation) kernels.Region { return o.conv.Region1x1() },
	kernels.Attention: func(o *operation) kernels.Region { return o.attention.Region() },
}

// Room is how many values a Team has to hold in one exchange of a program; 0: it is not worth sharing.
func Room(p engine.Program) int {
	own, ok := p.(*program)
	if !ok || own.e.plain || own.fetch != nil {
		return 0
	}
	room, macs := own.inputSize(), int64(0)
	for i := range own.ops {
		if o := &own.ops[i]; o.region != nil {
			room, macs = max(room, own.shape(o.Out).Len()), macs+own.plan.OpMACs(o.Op)
		}
	}
	if macs < networkMACs || macs == 0 {
		return 0
	}
	return room
}

// Share makes a program that needs Room one of a team's.
func Share(p engine.Program, t Team) { p.(*program).team = t }

// Serve does this worker's part of the runs that worker 0 of its team begins, until none began for a while; false: it is in no team.
func Serve(p engine.Program) bool {
	own, ok := p.(*program)
	if !ok || own.team == nil {
		return false
	}
	own.reserve(1)
	for _, ids := range [][]unet.TensorID{own.plan.Inputs, own.plan.Outputs} {
		for _, id := range ids {
			own.data[id] = make([]float32, own.shape(id).Len())
		}
	}
	for ops := own.team.Next(); ops > 0; ops = own.team.Next() {
		if own.exchangeInputs() {
			// Whoever is cancelled is worker 0: here the run ends with its next exchange.
			_ = own.through(context.Background(), ops, own.team.Part(), func(int) {})
		}
	}
	return true
}

func (p *program) inputSize() (size int) {
	for _, id := range p.plan.Inputs {
		size += p.shape(id).Len()
	}
	return size
}

// shared does a run together with the team, where there is one and it can; done says that it need not be done again.
func (p *program) shared(ctx context.Context, ops int, after func(op int)) (done bool, err error) {
	if p.team == nil || p.batch != 1 || !p.team.Begin(ops) {
		return false, nil
	}
	err = errApart
	if p.exchangeInputs() {
		err = p.through(ctx, ops, p.team.Part(), after)
	}
	if err != nil {
		p.team.Cancel()
	}
	return err != errApart, err
}

// exchangeInputs brings the inputs from worker 0 to the others.
func (p *program) exchangeInputs() bool {
	first := p.team.Part().K == 0
	if first {
		p.eachInput(p.team.Give)
	}
	if !p.team.Arrive() {
		return false
	}
	if !first {
		p.eachInput(p.team.Take)
	}
	return true
}

func (p *program) eachInput(move func(values []float32, at int)) {
	at := 0
	for _, id := range p.plan.Inputs {
		move(p.data[id], at)
		at += len(p.data[id])
	}
}

// exchange completes an operation's output with the others' parts.
func (p *program) exchange(o *operation, own kernels.Part) bool {
	out, at := p.data[o.Out], 0
	for k := range own.Of {
		g := o.partOf(kernels.Part{K: k, Of: own.Of})
		if k == own.K {
			p.team.Give(p.packed(g, out), at)
		}
		at += g.Len()
	}
	if !p.team.Arrive() {
		return false
	}
	at = 0
	for k := range own.Of {
		g := o.partOf(kernels.Part{K: k, Of: own.Of})
		if k != own.K {
			p.take(g, out, at)
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

func (p *program) take(g kernels.Region, out []float32, at int) {
	if g.Rows == 1 {
		p.team.Take(out[g.Offset:][:g.Width], at)
		return
	}
	values := p.packing(g.Len())
	p.team.Take(values, at)
	g.Unpack(out, values)
}

// packing is room for n values.
func (p *program) packing(n int) []float32 {
	if len(p.pack) < n {
		p.pack = make([]float32, n)
	}
	return p.pack[:n]
}

// partOf is where a part of an operation that was set up stands in its output.
func (o *operation) partOf(part kernels.Part) kernels.Region {
	o.conv.Part, o.attention.Part = part, part
	return o.region(o)
}
