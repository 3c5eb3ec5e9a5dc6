package kernels

import (
	"sync"
	"sync/atomic"
)

// Runner runs the fast kernels on a number of threads and owns their scratch memory. It is used by one goroutine at a time.
type Runner struct {
	threads int
	stage   []float32
	scratch [][]float32 // one a thread
}

// NewRunner makes a Runner of the given number of threads (at least 1).
func NewRunner(threads int) *Runner {
	threads = max(threads, 1)
	return &Runner{threads: threads, scratch: make([][]float32, threads)}
}

// parallel calls f(thread, task) for every task below n.
func (r *Runner) parallel(n int, f func(thread, task int)) {
	if r.threads == 1 || n == 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for thread := range min(r.threads, n) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(thread, i)
			}
		})
	}
	wait.Wait()
}

// chunks is how many pieces work of n panels and the given pixels is cut into along the pixels, so that every thread has
// some and a panel is not widened for too few pixels.
func (r *Runner) chunks(panels, pixels int) int {
	if r.threads == 1 {
		return 1
	}
	want := (2*r.threads + panels - 1) / panels
	return max(1, min(want, pixels/64))
}

// thread gives a thread's scratch of at least size values.
func (r *Runner) thread(i, size int) []float32 {
	if len(r.scratch[i]) < size {
		r.scratch[i] = make([]float32, size)
	}
	return r.scratch[i][:size]
}

func (r *Runner) staging(size int) []float32 {
	if len(r.stage) < size {
		r.stage = make([]float32, size)
	}
	return r.stage[:size]
}
