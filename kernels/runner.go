package kernels

import "runtime"

// Runner runs the fast kernels on a number of threads and owns their scratch memory: once that has grown to what a network needs, nothing
// more is allocated. It is used by one goroutine at a time.
type Runner struct {
	stage   []float32
	windows []float32
	offs    []int
	threads int
	work    []workspace // one a thread
	pool    *pool       // nil for one thread

	// What is under way: one operation at a time.
	staging  staging
	product  product
	filtered filtered
	norm     normWork
	attn     attention
}

// workspace is what a thread works in. Its arrays would otherwise be made anew for every call of a micro-kernel.
type workspace struct {
	scratch []float32
	acc     [maxOffs * maxNR]float32
	offs    [maxOffs]int
	half    [maxIn * maxIn * filteringBlock]float32 // transformed along one axis
	job     job
	left    tileProduct
	moments []moments
}

// NewRunner makes a Runner of the given number of threads (at least 1).
func NewRunner(threads int) *Runner {
	threads = max(threads, 1)
	r := &Runner{threads: threads, work: make([]workspace, threads)}
	if threads > 1 {
		r.pool = newPool(threads - 1)
		runtime.AddCleanup(r, (*pool).close, r.pool)
	}
	return r
}

// parallel does all parts of w, at most 2^20.
func (r *Runner) parallel(parts int, w work) {
	if r.threads == 1 || parts == 1 {
		for i := range parts {
			w.do(0, i)
		}
		return
	}
	r.pool.run(w, parts)
}

// chunks cuts work of so many parts along its units, pixels or windows, of which there is at least one, so that every thread has some and what
// a part makes ready serves least units: into count chunks of size units, a multiple of unit.
func (r *Runner) chunks(parts, units, least, unit int) (size, count int) {
	want := 1
	if r.threads > 1 {
		want = max(1, min((2*r.threads+parts-1)/parts, units/least))
	}
	size = roundUp((units+want-1)/want, unit)
	return size, (units + size - 1) / size
}

// reserve makes every thread's scratch at least size values large, before the work begins: which thread does which part differs from run to
// run, and one that meets a large part for the first time in its hundredth step would allocate then.
func (r *Runner) reserve(size int) {
	for i := range r.work {
		room(&r.work[i].scratch, size)
	}
}

// thread gives size values of a thread's scratch, which have been reserved.
func (r *Runner) thread(i, size int) []float32 { return r.work[i].scratch[:size] }

// room is size values of a buffer that grows when it must.
func room[T any](buffer *[]T, size int) []T {
	if len(*buffer) < size {
		*buffer = make([]T, size)
	}
	return (*buffer)[:size]
}
