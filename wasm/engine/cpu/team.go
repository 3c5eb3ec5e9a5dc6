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

// Team connects workers that each hold the same program with a memory of its own, so that they share the work of a run. Of several samples
// each computes some; of one, each computes a part of an operation's output, gives it to the others and takes theirs. Worker 0 begins runs,
// the others Serve it.
type Team interface {
	// Part is which of how many parts this worker does.
	Part() Part
	// Begin tells the others that a run of a plan's first ops operations for so many samples begins; false: they cannot take part in it.
	Begin(ops, samples int) bool
	// Next waits until worker 0 begins a run, and gives what it began with; 0: none began for a while.
	Next() (ops, samples int)
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

// Several samples are shared as far as exchanges stay below so many values, and at most so many samples: pairs of guidance, and terms of
// the bound.
const (
	roomLimit  = 4 << 20
	mostShared = 4
)

// shared is what a program needs for its team.
type shared struct {
	team    Team      // nil for none
	room    int       // values of an exchange of one sample
	samples int       // that are shared at most
	pack    []float32 // a part of an output
}

// sharing is the shared of a program without its team; its room is 0 where sharing is not worth it.
func (p *program) sharing() (s shared) {
	if p.e.plain || p.fetch != nil {
		return s
	}
	macs := int64(0)
	s.room = max(p.size(p.plan.Inputs), p.size(p.plan.Outputs))
	for i := range p.ops {
		if o := &p.ops[i]; o.region != nil {
			s.room, macs = max(s.room, p.shape(o.Out).Len()), macs+o.macs
		}
	}
	if macs < networkMACs || macs == 0 {
		return shared{}
	}
	s.samples = min(max(roomLimit/s.room, 1), mostShared)
	return s
}

// size is how many values tensors have for one sample.
func (p *program) size(ids []unet.TensorID) (size int) {
	for _, id := range ids {
		size += p.shape(id).Len()
	}
	return size
}

// Room is how many values a Team has to hold in one exchange of a program; 0: it is not worth sharing.
func Room(p engine.Program) int {
	own, ok := p.(*program)
	if !ok {
		return 0
	}
	s := own.sharing()
	return s.samples * s.room
}

// Share makes a program that needs Room one of a team's.
func Share(p engine.Program, t Team) {
	own := p.(*program)
	own.shared = own.sharing()
	own.shared.team = t
}

// Serve does this worker's share of the runs that worker 0 of its team begins, until none began for a while; false: it is in no team.
func Serve(p engine.Program) bool {
	own, ok := p.(*program)
	if !ok || own.shared.team == nil {
		return false
	}
	own.makeDesk(own.shared.samples)
	team := own.shared.team
	for ops, samples := team.Next(); ops > 0; ops, samples = team.Next() {
		mine := own.share(samples)
		own.take(&own.desk, mine.to-mine.from)
		if !own.handOut(nil, mine, samples) {
			continue
		}
		// Whoever is cancelled is worker 0: here the run ends with its next exchange.
		if err := own.through(context.Background(), ops, mine, func(int) {}); err == nil && samples > 1 {
			own.gather(nil, mine, samples)
		}
	}
	return true
}
