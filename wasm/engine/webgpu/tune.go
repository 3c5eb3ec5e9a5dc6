//go:build js && wasm

package webgpu

import (
	"context"
	"errors"
	"strconv"
	"time"

	"unnoise/kernels"
	"unnoise/wasm/internal/webgpu"
)

// Tuning times the tiles that a convolution may have on the GPU at hand, for the shapes that take most of a step. No order of a sum depends
// on what is found, so one seed gives one picture, whatever a busy GPU made of the times.
const (
	mostTuned   = 6                      // shapes of a plan
	leastShare  = 20                     // a shape with less than so small a part of the plan's multiplications (1/20) is left alone,
	leastMACs   = 500_000                // and so is one of less than so many: it takes as long as starting it
	tuneTime    = 400 * time.Millisecond // for a plan and a number of samples, or as long as weights are on their way
	roundTime   = 3 * time.Millisecond   // of one tile: marks of time come in tenths of a millisecond
	mostRepeats = 64
	rounds      = 3
	worthwhile  = 0.93 // of the rule's time: what is less of a difference is noise
)

// shape names what a convolution's tile depends on, for n samples.
func (l *lowering) shape(s *stage) string {
	out, name := l.p.plan.Tensors[s.Out], string(s.Kernel)
	if l.p.halves(s) {
		name += " half"
	}
	for _, n := range []int{l.n, out.H, out.W, out.C, s.Stride} {
		name += " " + strconv.Itoa(n)
	}
	return name
}

// tile is a stage's tile: the one that is being tried, or was found quickest, else the rule's.
func (l *lowering) tile(s *stage, rule tile) tile {
	l.rule = rule
	if l.trial != nil {
		return *l.trial
	}
	if name := l.p.e.tuned(l.shape(s)); name != "" {
		for _, t := range rule.variants(s, l.p.plan.Tensors[s.Out], l.n) {
			if t.String() == name {
				return t
			}
		}
	}
	return rule
}

// heavy is a shape whose tile is worth looking for.
type heavy struct {
	shape string
	macs  int64 // of all stages of the shape
	stage int   // the heaviest of them
	most  int64 // its multiplications
}

// heaviest lists the shapes that take most of the plan's multiplications, the heaviest first, without those that are tuned.
func (l *lowering) heaviest() (list []heavy) {
	all := l.shapes()
	for range min(len(all), mostTuned) {
		top := 0
		for i := range all {
			if all[i].macs > all[top].macs {
				top = i
			}
		}
		h, name := all[top], l.p.e.tuned(all[top].shape)
		if h.most >= leastMACs && h.macs*leastShare >= l.p.plan.MACs() && (name == "" || name == once) {
			list = append(list, h)
		}
		all[top].macs = 0
	}
	return list
}

// shapes lists those of the convolutions with tiles.
func (l *lowering) shapes() (list []heavy) {
	at := map[string]int{}
	for i := range l.p.stages {
		s := &l.p.stages[i]
		if s.Kernel != kernels.Conv3x3 && s.Kernel != kernels.Conv1x1 || l.p.matrices[i].direct {
			continue
		}
		shape, macs := l.shape(s), l.p.plan.OpMACs(s.Op)
		if _, ok := at[shape]; !ok {
			at[shape] = len(list)
			list = append(list, heavy{shape: shape})
		}
		h := &list[at[shape]]
		h.macs += macs
		if macs > h.most {
			h.stage, h.most = i, macs
		}
	}
	return list
}

// Tune implements engine.Tuner: what it finds is used from the next Run on.
func (p *program) Tune(ctx context.Context, samples int) error {
	if p.e == nil {
		return errReleased
	}
	if err := p.e.check(); err != nil {
		return err
	}
	n := min(samples, p.most())
	list := p.untuned(n)
	if len(list) == 0 {
		return nil
	}
	if err := p.e.Sync(ctx); err != nil {
		return err
	}
	return p.e.dev.Scope(ctx, func() error { return p.tune(ctx, n, list) })
}

// untuned lists the shapes to look for tiles of, for n samples: once, and none where nothing is kept or the GPU tells no time.
func (p *program) untuned(n int) []heavy {
	if p.e.tunings == nil || p.tried[n] || !p.e.dev.HasTimestamps() {
		return nil
	}
	p.tried[n] = true
	return p.lower(n).heaviest()
}

// limited is a context that ends before its parent where that takes longer. Package context's own would keep books of parents and children,
// which the page is spared.
type limited struct {
	context.Context
	done chan struct{}
}

// limit ends a context after d, but not before another thing has happened.
func limit(ctx context.Context, d time.Duration, other <-chan struct{}) *limited {
	l := &limited{ctx, make(chan struct{})}
	go func() {
		time.Sleep(d)
		<-other
		close(l.done)
	}()
	return l
}

// Done implements context.Context.
func (l *limited) Done() <-chan struct{} { return l.done }

// Err implements context.Context.
func (l *limited) Err() error {
	select {
	case <-l.done:
		return context.DeadlineExceeded
	default:
		return l.Context.Err()
	}
}

// tune looks for tiles of the shapes listed, for n samples. What it does not reach in time is left for another visit.
func (p *program) tune(ctx context.Context, n int, list []heavy) error {
	if len(list) == 0 {
		return nil
	}
	if err := p.reserve(n, p.lower(n)); err != nil {
		return err
	}
	defer p.dropRecords()
	soon := limit(ctx, p.e.limits.tune, p.loaded)
	for i, h := range list {
		t, err := p.quickest(soon, n, h.stage)
		if errors.Is(err, ErrDeviceLost) {
			// Perhaps over this: the next one is not tried with it, nor with what is left.
			for _, h := range list[i:] {
				p.e.tunings.add(p.e.tuningKey(h.shape), p.lowerOne(n, h.stage, nil).rule.String())
			}
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err != nil && soon.Err() != nil {
			if i == 0 {
				p.giveUp(h, t)
			}
			return nil
		}
		// With another error the rule's, for good: this GPU takes no other tile.
		p.e.tunings.add(p.e.tuningKey(h.shape), t.String())
	}
	return nil
}

// once stands for the tile of a shape for which all the time there was did not suffice, once: what the browser has compiled it keeps, so that
// it may do at the next visit. The second time the rule's tile is taken.
const once = "once"

// giveUp notes that all the time there was did not suffice for a shape.
func (p *program) giveUp(h heavy, rule tile) {
	name := rule.String()
	if p.e.tuned(h.shape) == "" {
		name = once
	}
	p.e.tunings.add(p.e.tuningKey(h.shape), name)
}

// lowerOne lists the calls of one stage, with a tile to be tried unless it is nil.
func (p *program) lowerOne(n, stage int, trial *tile) *lowering {
	l, s := &lowering{p: p, n: n, trial: trial}, &p.stages[stage]
	lowerings[s.Kernel](l, stage, s)
	return l
}

// quickest times a stage's tiles and gives the quickest, or with an error the rule's.
func (p *program) quickest(ctx context.Context, n, stage int) (tile, error) {
	trial, err := p.newTrial(ctx, n, stage)
	if err != nil {
		return trial.tiles[0], err
	}
	defer trial.release()
	times, err := p.times(ctx, trial.record.recording)
	if err != nil {
		return trial.tiles[0], err
	}
	best := choose(times)
	same, err := trial.same(ctx, best)
	if err != nil || !same {
		best = 0
	}
	return trial.tiles[best], err
}

// times are the least times of a recording's dispatches.
func (p *program) times(ctx context.Context, r *webgpu.Recording) ([]time.Duration, error) {
	least, err := p.e.dev.Time(ctx, r, nil, 1)
	if err != nil {
		return nil, err
	}
	repeats := mostRepeats
	if least[0] > 0 {
		repeats = int(min(max(roundTime/least[0], 1), mostRepeats))
	}
	clear(least)
	for range rounds {
		times, err := p.e.dev.Time(ctx, r, nil, repeats)
		if err != nil {
			return nil, err
		}
		for i, t := range times {
			if least[i] == 0 || t < least[i] {
				least[i] = t
			}
		}
	}
	return least, nil
}

// choose is the index of the least time, or 0, the rule's, where that is hardly longer or nothing is known.
func choose(times []time.Duration) int {
	best := 0
	for i, t := range times {
		if t > 0 && t < times[best] {
			best = i
		}
	}
	if float64(times[best]) < worthwhile*float64(times[0]) {
		return best
	}
	return 0
}
