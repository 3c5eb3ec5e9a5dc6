//go:build js && wasm

package webgpu

import (
	"context"
	"time"

	"unnoise/wasm/internal/webgpu"
)

// flight holds back Runs, or the parts of a Run whose batch is large, so that little work is under way when a chain is
// cancelled: at most two, or as many as take inFlight together. The second counts where Runs are short: browsers may report the end of work a tenth of a second
// late, and waiting for it with two Runs under way would leave the GPU idle.
type flight struct {
	under  []*webgpu.Promise
	waited time.Time     // when the last wait ended
	since  int           // Runs that have ended since then
	each   time.Duration // a Run's time; 0: not known yet
}

const (
	inFlight = 300 * time.Millisecond
	maxRuns  = 16
)

// wait blocks until another Run may start.
func (f *flight) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.retire()
	for len(f.under) >= f.limit() {
		if err := f.under[0].Wait(ctx); err != nil {
			return err
		}
		f.retire()
		f.measure(time.Now())
	}
	return nil
}

// retire forgets the Runs that have ended.
func (f *flight) retire() {
	for len(f.under) > 0 && f.under[0].Settled() {
		f.under = f.under[1:]
		f.since++
	}
}

// measure takes a Run's time from one wait to the next: between them the GPU has not been idle.
func (f *flight) measure(now time.Time) {
	if !f.waited.IsZero() && f.since > 0 {
		f.each = now.Sub(f.waited) / time.Duration(f.since)
	}
	f.waited, f.since = now, 0
}

// limit is the number of Runs that may be under way.
func (f *flight) limit() int {
	if f.each <= 0 {
		return 2
	}
	return min(max(int(inFlight/f.each), 2), maxRuns)
}

// issued notes a Run.
func (f *flight) issued(dev *webgpu.Device) error {
	done, err := dev.Done()
	if err == nil {
		f.under = append(f.under, done)
	}
	return err
}
