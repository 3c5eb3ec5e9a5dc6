package kernels

import (
	"sync"
	"sync/atomic"
)

// Runner runs the fast kernels on a number of threads and owns their scratch memory. It is used by one goroutine at a time.
type Runner struct {
	stage   []float32
	windows []float32
	threads int
	work    []workspace // one a thread
}

// workspace is what a thread works in. Its arrays would otherwise be made anew for every call of a micro-kernel.
type workspace struct {
	scratch []float32
	acc     [maxOffs * maxNR]float32
	offs    [maxOffs]int
	half    [maxIn * maxIn * filteringBlock]float32 // transformed along one axis
}

// NewRunner makes a Runner of the given number of threads (at least 1).
func NewRunner(threads int) *Runner {
	threads = max(threads, 1)
	return &Runner{threads: threads, work: make([]workspace, threads)}
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
	return room(&r.work[i].scratch, size)
}

// staging is room for a convolution's input, transformed for its transformed windows.
func (r *Runner) staging(size int) []float32     { return room(&r.stage, size) }
func (r *Runner) transformed(size int) []float32 { return room(&r.windows, size) }

// room is size values of a buffer that grows when it must.
func room(buffer *[]float32, size int) []float32 {
	if len(*buffer) < size {
		*buffer = make([]float32, size)
	}
	return (*buffer)[:size]
}
