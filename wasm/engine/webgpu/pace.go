//go:build js && wasm

package webgpu

import "time"

// pace is how fast the GPU has been, learned from when Runs ended, which costs no waiting. It looks at spans in which the GPU always had
// work. Browsers tell of an end late, never early, so a GPU may seem slower than it is, the less so the longer the span.
type pace struct {
	began time.Time // of the span; zero: the GPU has nothing to do
	runs  int       // that have ended in it
	macs  int64     // their multiplications

	each time.Duration // a Run's time; 0: not known yet
	rate float64       // multiplications a second, 0: not known yet
}

// submitTime is how long a submit should take at most: watchdogs end much longer ones, and a page's own drawing waits for it.
const submitTime = 200 * time.Millisecond

// longSpan is when a new span begins, so that a GPU that becomes slower is noticed.
const longSpan = 2 * time.Second

// begun notes that work was issued.
func (p *pace) begun(now time.Time) {
	if p.began.IsZero() {
		p.began, p.runs, p.macs = now, 0, 0
	}
}

// ended notes that a Run ended; the GPU goes on with the next. What a Run takes that fits a first submit says nothing of larger ones: it
// is launching and telling rather than multiplying.
func (p *pace) ended(now time.Time, macs, first int64) {
	p.runs++
	p.macs += macs
	span := now.Sub(p.began)
	if p.began.IsZero() || span <= 0 {
		return
	}
	p.each = span / time.Duration(p.runs)
	if macs > first {
		p.rate = float64(p.macs) / span.Seconds()
	}
	if span > longSpan {
		p.began, p.runs, p.macs = now, 0, 0
	}
}

// idle ends the span: the GPU may have nothing to do.
func (p *pace) idle() { p.began = time.Time{} }

// submit is how many multiplications a submit may hold; first, which every GPU does in time, until something is known.
func (p *pace) submit(first int64) int64 {
	if p.rate == 0 {
		return first
	}
	return max(int64(p.rate*submitTime.Seconds()), 1)
}
