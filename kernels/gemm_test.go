package kernels

import (
	"fmt"
	"testing"
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

// The work of a product is cut so that every output is computed once.
func TestParallelRunsEveryTaskOnce(t *testing.T) {
	for _, threads := range []int{-1, 1, 2, 3, 8} {
		for _, n := range []int{0, 1, 2, 100} {
			count := make([]int, n)
			busy := make([]bool, max(threads, 1)) // a thread runs one task at a time: the race detector would see two
			NewRunner(threads).parallel(n, func(thread, task int) {
				busy[thread] = !busy[thread]
				count[task]++
			})
			for task, c := range count {
				if c != 1 {
					t.Errorf("%d threads: task %d of %d ran %d times", threads, task, n, c)
				}
			}
		}
	}
}
