//go:build js && wasm

package webgpu

import (
	"context"
	"time"

	"unnoise/wasm/internal/webgpu"
)

// flight holds back Runs, or the parts of a Run whose batch is large, so that little work is under way when a chain is
// cancelled and pictures are not shown late: at most two, or as many as take inFlight together. The second counts where Runs are short: that work
// has ended is known some milliseconds later, in which two of them would leave the GPU idle.
type flight struct {
	under []under
	pace  pace
}

// under is a Run under way, of so many multiplications.
type under struct {
	done *webgpu.Promise
	macs int64
}

const (
	inFlight = 100 * time.Millisecond
	maxRuns  = 64
)

// wait blocks until another Run may start; first is what a submit holds before anything is learned.
func (f *flight) wait(ctx context.Context, first int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.retire(first)
	for len(f.under) >= f.limit() {
		if err := f.under[0].done.Wait(ctx); err != nil {
			return err
		}
		f.retire(first)
	}
	return nil
}

// retire forgets the Runs that have ended, and learns from them.
func (f *flight) retire(first int64) {
	for len(f.under) > 0 && f.under[0].done.Settled() {
		f.pace.ended(f.under[0].done.At(), f.under[0].macs, first)
		f.under = f.under[1:]
	}
	if len(f.under) == 0 {
		f.pace.idle()
	}
}

// limit is the number of Runs that may be under way.
func (f *flight) limit() int {
	if f.pace.each <= 0 {
		return 2
	}
	return min(max(int(inFlight/f.pace.each), 2), maxRuns)
}

// issued notes a Run.
func (f *flight) issued(dev *webgpu.Device, macs int64) error {
	done, err := dev.Done()
	if err == nil {
		f.pace.begun(time.Now())
		f.under = append(f.under, under{done, macs})
	}
	return err
}
