package cpu_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"

	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/unet"
)

// hall is where the members of a team meet: goroutines of this program in place of workers.
type hall struct {
	mu        sync.Mutex
	changed   *sync.Cond
	halves    [2][]float32
	arrived   []int
	running   []bool
	run       int
	ops       int
	samples   int
	cancelled int
	closed    bool
	absent    int  // the member that no longer comes; 0: all do
	exchanges int  // that worker 0 has arrived at
	corrupt   bool // a value changes on its way
}

// member is one place in a team: cpu.Team.
type member struct {
	*hall
	part   cpu.Part
	serial int
	seen   int // the last run
}

func (m *member) Part() cpu.Part { return m.part }

func (m *member) Begin(ops, samples int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.absent != 0 {
		return false
	}
	for slices.Contains(m.running, true) {
		m.changed.Wait()
	}
	m.run++
	m.ops, m.samples, m.serial, m.seen = ops, samples, 0, m.run
	clear(m.arrived)
	for k := 1; k < m.part.Of; k++ {
		m.running[k] = true
	}
	m.changed.Broadcast()
	return true
}

func (m *member) Next() (ops, samples int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == m.run {
		m.running[m.part.K] = false
		m.changed.Broadcast()
	}
	for m.seen == m.run && !m.closed {
		m.changed.Wait()
	}
	if m.closed || m.absent == m.part.K {
		return 0, 0
	}
	m.seen, m.serial = m.run, 0
	return m.ops, m.samples
}

func (m *member) Give(values []float32, at int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	copy(m.halves[(m.serial+1)%2][at:], values)
	if m.corrupt && m.serial > 0 && m.part.K == 1 {
		m.halves[(m.serial+1)%2][at] += 1e-3
	}
}

func (m *member) Take(values []float32, at int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	copy(values, m.halves[m.serial%2][at:])
}

func (m *member) Arrive() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.serial++
	m.arrived[m.part.K] = m.serial
	if m.part.K == 0 {
		m.exchanges++
	}
	m.changed.Broadcast()
	for slices.Min(m.arrived) < m.serial {
		// Worker 0 hears of an absent one at once; in a page it waits for it.
		if m.cancelled == m.seen || m.part.K == 0 && m.absent != 0 {
			return false
		}
		m.changed.Wait()
	}
	return true
}

func (m *member) Cancel() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.part.K == 0 {
		m.cancelled = m.run
	}
	m.changed.Broadcast()
}

// leave lets a member never come again.
func (h *hall) leave(k int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.absent = k
	h.changed.Broadcast()
}

// teamed is a CPU engine whose programs are shared by a team.
type teamed struct {
	engine.Engine
	t     testing.TB
	of    int
	halls []*hall
}

func newTeamed(t testing.TB, of int) *teamed {
	e := &teamed{Engine: cpu.New(cpu.Options{Threads: 1}), t: t, of: of}
	t.Cleanup(cpu.ShareAll())
	return e
}

// Load implements engine.Engine. Networks that need no room are loaded as they are.
func (e *teamed) Load(ctx context.Context, plan *unet.Plan, src engine.Source) (engine.Program, error) {
	first, err := e.Engine.Load(ctx, plan, src)
	if err != nil || cpu.Room(first) == 0 {
		return first, err
	}
	h := &hall{arrived: make([]int, e.of), running: make([]bool, e.of)}
	h.changed = sync.NewCond(&h.mu)
	for i := range h.halves {
		h.halves[i] = make([]float32, cpu.Room(first))
	}
	cpu.Share(first, &member{hall: h, part: cpu.Part{K: 0, Of: e.of}})
	for k := 1; k < e.of; k++ {
		p, err := cpu.New(cpu.Options{Threads: 1}).Load(ctx, plan, src)
		if err != nil {
			return nil, err
		}
		cpu.Share(p, &member{hall: h, part: cpu.Part{K: k, Of: e.of}})
		go cpu.Serve(p)
	}
	e.halls = append(e.halls, h)
	e.t.Cleanup(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.closed = true
		h.changed.Broadcast()
	})
	return first, nil
}

// The references' networks, every operation shared that can be, within the same bounds. Browsers are left to TestTeamBits: bits that are those
// of one worker are within its bounds.
func TestTeamNetworks(t *testing.T) {
	if runtime.GOARCH == "wasm" {
		return
	}
	for _, of := range []int{2, 3} {
		e := newTeamed(t, of)
		enginetest.Networks(t, e, cpuBound)
		exchanges := 0
		for _, h := range e.halls {
			exchanges += h.exchanges
		}
		if exchanges == 0 {
			t.Error("nothing was shared")
		}
	}
}

// bits is a network's output for an input, as bits.
func bits(t *testing.T, d *engine.Denoiser, out, x engine.Tensor) []uint32 {
	t.Helper()
	if err := d.Denoise(context.Background(), out, x, []float64{500}, nil); err != nil {
		t.Fatal(err)
	}
	return bitsOf(t, out)
}

func bitsOf(t *testing.T, x engine.Tensor) []uint32 {
	values := make([]float32, x.Shape().Len())
	if err := x.Read(context.Background(), values); err != nil {
		t.Fatal(err)
	}
	bits := make([]uint32, len(values))
	for i, v := range values {
		bits[i] = math.Float32bits(v)
	}
	return bits
}

// A shipped network alone and shared: the same bits, whatever happens to the team meanwhile.
func TestTeamBits(t *testing.T) {
	d, out, x := loadedBy(t, cpu.New(cpu.Options{Threads: 1}))
	want := bits(t, d, out, x)
	numbers := []int{2, 3, 4}
	if runtime.GOARCH == "wasm" {
		numbers = []int{3}
	}
	for _, of := range numbers {
		e := newTeamed(t, of)
		d, out, x := loadedBy(t, e)
		h := e.halls[len(e.halls)-1]
		same := func(when string) {
			t.Helper()
			if got := bits(t, d, out, x); !slices.Equal(got, want) {
				t.Fatalf("%d workers: other bits %s", of, when)
			}
		}
		same("at first")
		shared := h.exchanges
		if shared < 20 {
			t.Fatalf("%d exchanges", shared)
		}
		for _, after := range []int{0, 1, 7} {
			cancelled := &countdown{context.Background(), after}
			if err := d.Denoise(cancelled, out, x, []float64{500}, nil); !errors.Is(err, context.Canceled) {
				t.Fatalf("cancelled after %d operations: %v", after, err)
			}
			same("after one that was cancelled")
		}
		if h.exchanges < 4*shared {
			t.Fatalf("%d exchanges, %d in the first run: others were not shared", h.exchanges, shared)
		}
		h.corrupt = true
		if got := bits(t, d, out, x); slices.Equal(got, want) {
			t.Fatal("what the others compute has no influence")
		}
		h.corrupt = false
		time := h.exchanges
		go h.leave(of - 1)
		same("when one leaves")
		same("after one left")
		t.Logf("%d workers: %d exchanges before, %d after one left", of, time, h.exchanges)
	}
}

// Runs of several samples, and the two of guidance, alone and shared: the same bits, in every number of workers, by turns.
func TestTeamSamples(t *testing.T) {
	alone := newSeveral(t, cpu.New(cpu.Options{Threads: 1}))
	for i, labels := range [][]int{{3}, nil} {
		want := enginetest.Denoise(t, alone.d, alone.values(t), []float64{500}, labels)
		alone.both(t)
		if got := make([]float32, len(want)); alone.out[i].Read(context.Background(), got) != nil || !slices.Equal(got, want) {
			t.Errorf("labels %v: other values than by themselves", labels)
		}
	}
	want := [][]uint32{alone.both(t), alone.batch(t, 2), alone.batch(t, 3), alone.batch(t, 4), alone.batch(t, 5)}
	numbers := []int{2, 3, 4}
	if runtime.GOARCH == "wasm" {
		numbers = []int{3}
	}
	for _, of := range numbers {
		e := newTeamed(t, of)
		s := newSeveral(t, e)
		h := e.halls[len(e.halls)-1]
		run := func(i int) []uint32 {
			if i == 0 {
				return s.both(t)
			}
			return s.batch(t, i+1)
		}
		for _, i := range []int{0, 1, 2, 3, 4, 0} {
			before := h.exchanges
			if got := run(i); !slices.Equal(got, want[i]) {
				t.Errorf("%d workers: other bits of run %d", of, i)
			}
			// Inputs and outputs at least; five are more than are shared.
			if shared := h.exchanges >= before+2; shared != (i < 4) {
				t.Errorf("%d workers: run %d shared: %t", of, i, shared)
			}
		}
		h.corrupt = true
		if got := run(0); slices.Equal(got, want[0]) {
			t.Errorf("%d workers: what the others compute has no influence", of)
		}
		h.corrupt = false
		cancelled := &countdown{context.Background(), 3}
		if err := s.d.DenoiseBoth(cancelled, s.out[0], s.out[1], s.x, []float64{500}, []int{3}); !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers: cancelled: %v", of, err)
		}
		if !slices.Equal(run(0), want[0]) {
			t.Errorf("%d workers: other bits after one that was cancelled", of)
		}
		h.leave(of - 1)
		if !slices.Equal(run(0), want[0]) || !slices.Equal(run(1), want[1]) {
			t.Errorf("%d workers: other bits after one left", of)
		}
	}
}

// several is a shipped network with classes and what the two runs of guidance need.
type several struct {
	d   *engine.Denoiser
	x   engine.Tensor
	out [2]engine.Tensor
}

func newSeveral(t *testing.T, e engine.Engine) *several {
	d, out, x := loadedBy(t, e)
	null, err := e.NewTensor(out.Shape())
	if err != nil {
		t.Fatal(err)
	}
	return &several{d, x, [2]engine.Tensor{out, null}}
}

func (s *several) values(t *testing.T) []float32 {
	t.Helper()
	values := make([]float32, s.x.Shape().Len())
	if err := s.x.Read(context.Background(), values); err != nil {
		t.Fatal(err)
	}
	return values
}

// both are the bits of the two runs of guidance.
func (s *several) both(t *testing.T) (bits []uint32) {
	t.Helper()
	if err := s.d.DenoiseBoth(context.Background(), s.out[0], s.out[1], s.x, []float64{500}, []int{3}); err != nil {
		t.Fatal(err)
	}
	return append(bitsOf(t, s.out[0]), bitsOf(t, s.out[1])...)
}

// batch are the bits of n samples together.
func (s *several) batch(t *testing.T, n int) []uint32 {
	t.Helper()
	x := make([]float32, s.d.InShape(n).Len())
	ts, labels := make([]float64, n), make([]int, n)
	for i := range x {
		x[i] = float32(math.Sin(0.7 * float64(i)))
	}
	for i := range n {
		ts[i], labels[i] = float64(100+50*i), i
	}
	var bits []uint32
	for _, v := range enginetest.Denoise(t, s.d, x, ts, labels) {
		bits = append(bits, math.Float32bits(v))
	}
	return bits
}

// countdown is cancelled after it was asked so many times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func loadedBy(t *testing.T, e engine.Engine) (d *engine.Denoiser, out, x engine.Tensor) {
	d, out, x = openedOn(t, e, "digits", 1)
	values := make([]float32, x.Shape().Len())
	for i := range values {
		values[i] = float32(math.Sin(float64(i)))
	}
	if err := x.Write(values); err != nil {
		t.Fatal(err)
	}
	return d, out, x
}
