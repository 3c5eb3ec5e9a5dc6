package kernels

import (
	"runtime"
	"sync/atomic"
)

// work is something in parts that may be done at once. thread, below the number of threads, is the one that does the part.
type work interface{ do(thread, part int) }

// pool are goroutines that help with work. Between two pieces of work of a step they wait for microseconds, which is less than waking a
// sleeping one takes: they look for the next piece for a while before they sleep.
type pool struct {
	// state is the piece of work under way: a serial number, its parts, and the next part to do, of 24, 20 and 20 bits. Who counts that up
	// does the part.
	state atomic.Uint64
	work  work
	done  atomic.Int64 // parts

	helpers []helper
	ended   atomic.Bool
}

// helper is one goroutine: it sleeps on wake after it has set asleep.
type helper struct {
	asleep atomic.Bool
	wake   chan struct{}
}

// looks is how often a helper looks for work before it sleeps, or the caller for the others' end before it lets them have its place: some 30
// microseconds. To wake a sleeper takes as long.
const looks = 20_000

const (
	partBits = 20
	partMask = 1<<partBits - 1
)

// newPool starts n helpers, which end with close.
func newPool(n int) *pool {
	p := &pool{helpers: make([]helper, n)}
	for i := range p.helpers {
		p.helpers[i].wake = make(chan struct{}, 1)
		go p.help(i)
	}
	return p
}

// run does all parts of w; the caller is thread 0. At most 2^20 parts.
func (p *pool) run(w work, parts int) {
	p.work = w
	p.done.Store(0)
	serial := p.state.Load()>>(2*partBits) + 1
	p.state.Store(serial<<(2*partBits) | uint64(parts)<<partBits)
	p.rouse()
	for p.part(0) {
	}
	for spins := 0; int(p.done.Load()) < parts; spins++ {
		if spins > looks {
			runtime.Gosched()
		}
	}
	p.work = nil // helpers must not keep what they did alive
}

// rouse wakes the helpers that sleep.
func (p *pool) rouse() {
	for i := range p.helpers {
		if h := &p.helpers[i]; h.asleep.Load() && h.asleep.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
	}
}

// part does the next part, if one is left.
func (p *pool) part(thread int) bool {
	for {
		s := p.state.Load()
		next := int(s & partMask)
		if next >= int(s>>partBits&partMask) {
			return false
		}
		if p.state.CompareAndSwap(s, s+1) {
			// Until this part is done, the work stays what it is.
			p.work.do(thread, next)
			p.done.Add(1)
			return true
		}
	}
}

func (p *pool) help(i int) {
	h := &p.helpers[i]
	for idle := 0; !p.ended.Load(); idle++ {
		if p.part(i + 1) {
			idle = 0
		}
		if idle < looks {
			continue
		}
		idle = 0
		before := p.state.Load()
		h.asleep.Store(true)
		if (p.state.Load() != before || p.ended.Load()) && h.asleep.CompareAndSwap(true, false) {
			continue
		}
		<-h.wake
	}
}

// close ends the helpers.
func (p *pool) close() {
	p.ended.Store(true)
	p.rouse()
}
