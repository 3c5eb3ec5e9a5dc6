package kernels

import (
	"fmt"
	"testing"
	"time"
)

// Every micro-kernel against the sum it promises, written out in float64: runs around what it unrolls, several rows,
// offsets that overlap and repeat, nothing written behind its tile.
func TestTiles(t *testing.T) {
	onTiles(t, func(t *testing.T) {
		s := source(11)
		for _, run := range []int{1, 2, 3, 7, 8, 9, 27, 195} {
			for _, rows := range []int{1, 2, 3} {
				t.Run(fmt.Sprintf("%d rows of %d", rows, run), func(t *testing.T) { testTile(t, &s, rows, run) })
			}
		}
	})
}

func testTile(t *testing.T, s *source, rows, run int) {
	mr, nr, stride := best.mr, best.nr, run+5
	offs := make([]int, mr)
	for i := range offs {
		offs[i] = s.below(3 * run)
	}
	offs[mr-1] = 2 * run // the last value of in is read
	in := s.floats(2*run+(rows-1)*stride+run+run, 1)
	panel := s.floats(rows*run*nr, 0.1)
	room := guarded(maxMR * maxNR)
	best.run(room[guardWidth:][:mr*nr], in, offs, stride, rows, run, panel)
	want := make([]float32, mr*nr)
	for i := range want {
		var sum float64
		for k := range rows * run {
			sum += float64(in[offs[i/nr]+k/run*stride+k%run]) * float64(panel[k*nr+i%nr])
		}
		want[i] = float32(sum)
	}
	near(t, unguarded(t, room, mr*nr), want, sumsAbs, sumsRel)
}

// A panel holds nr channels, zero behind the last, whatever the weights' type.
func TestPackPanels(t *testing.T) {
	onTiles(t, func(t *testing.T) {
		s := source(12)
		for _, cout := range channelSizes {
			for _, half := range []bool{false, true} {
				const k = 5
				w := s.weight(k, cout, half)
				p, values := PackPanels(w, k, cout), w.Float32s()
				for i := range p.Count() {
					for at, got := range p.panel(i, make([]float32, k*best.nr)) {
						row, c := at/best.nr, i*best.nr+at%best.nr
						want := float32(0)
						if c < cout {
							want = values[row*cout+c]
						}
						if got != want {
							t.Fatalf("%d channels, f16 %v: row %d, channel %d is %g, want %g", cout, half, row, c, got, want)
						}
					}
				}
			}
		}
	})
}

// tally counts how often its parts were done.
type tally struct {
	count []int
	busy  []bool // a thread does one part at a time: the race detector would see two
}

func (w *tally) do(thread, part int) {
	w.busy[thread] = !w.busy[thread]
	w.count[part]++
}

// Every part of a piece of work is done once, by whichever thread, also where one piece follows another at once.
func TestParallelDoesEveryPartOnce(t *testing.T) {
	for _, threads := range []int{-1, 1, 2, 3, 8} {
		r := NewRunner(threads)
		for round := range 200 {
			for _, n := range []int{0, 1, 2, 100} {
				w := &tally{make([]int, n), make([]bool, max(threads, 1))}
				r.parallel(n, w)
				for part, c := range w.count {
					if c != 1 {
						t.Fatalf("%d threads, round %d: part %d of %d was done %d times", threads, round, part, n, c)
					}
				}
			}
			if round%50 == 49 {
				time.Sleep(2 * time.Millisecond) // long enough for helpers to fall asleep
			}
		}
	}
}

// A step allocates nothing, whatever the number of threads: nor does its piece of work.
func TestParallelAllocatesNothing(t *testing.T) {
	r := NewRunner(3)
	w := &tally{make([]int, 100), make([]bool, 3)}
	if n := testing.AllocsPerRun(20, func() { r.parallel(100, w) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
