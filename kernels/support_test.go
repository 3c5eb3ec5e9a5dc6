package kernels

import (
	"math"
	"testing"
)

// source is a stream of numbers (splitmix64), the same on every machine.
type source uint64

func (s *source) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a whole number in [0, n).
func (s *source) below(n int) int { return int(s.next() >> 33 % uint64(n)) }

func (s *source) coin() bool { return s.next()>>40&1 == 1 }

// uniform is a float32 in [-1, 1).
func (s *source) uniform() float32 { return float32(int32(s.next()>>40)-1<<23) / (1 << 23) }

// floats are n numbers in [-size, size).
func (s *source) floats(n int, size float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = s.uniform() * float32(size)
	}
	return out
}

// maybe is floats or nil.
func (s *source) maybe(n int) []float32 {
	if s.coin() {
		return nil
	}
	return s.floats(n, 1)
}

// weight is a k x cout matrix that keeps results of size 1. A float16 one has subnormal halves and both zeros among its values.
func (s *source) weight(k, cout int, half bool) Weight {
	v := s.floats(k*cout, 1/math.Sqrt(float64(k)))
	if !half {
		return Weight{F32: v}
	}
	bits := make([]uint16, len(v))
	for i, x := range v {
		bits[i] = FloatToHalf(x)
		if i%5 == 2 {
			bits[i] = bits[i]&0x8000 | uint16(s.below(0x400)) // zero exponent: zero or subnormal
		}
	}
	return Weight{F16: bits}
}

// channelSizes stand around the widths of vectors and panels (4, 8, 16, 32) and past two of the widest.
var channelSizes = []int{1, 3, 7, 15, 16, 17, 31, 32, 33, 65}

// guardValue fills outputs before a kernel runs: what is still there was not written.
const guardValue = 12345.678

// guardWidth is how many values before and behind an output are watched: more than the largest tile writes.
const guardWidth = maxMR * maxNR

// guarded is room for n values between guards. Kernels get room[guardWidth:], which goes on behind the n values.
func guarded(n int) []float32 {
	room := make([]float32, n+2*guardWidth)
	fill(room, guardValue)
	return room
}

// unguarded checks the guards around n values and gives the values.
func unguarded(t *testing.T, room []float32, n int) []float32 {
	t.Helper()
	for i, v := range room {
		if (i < guardWidth || i >= guardWidth+n) && v != guardValue {
			t.Fatalf("wrote %g at index %d of an output of %d values", v, i-guardWidth, n)
		}
	}
	return room[guardWidth:][:n]
}

// poison fills a runner's scratch memory with NaN, so that what a kernel reads without having written it shows.
func (r *Runner) poison() {
	nan := float32(math.NaN())
	fill(r.stage, nan)
	fill(r.windows, nan)
	for i := range r.work {
		fill(r.work[i].scratch, nan)
		fill(r.work[i].acc[:], nan)
		fill(r.work[i].half[:], nan)
	}
}

// near demands |got-want| <= abs + rel*|want| everywhere, and finite values.
func near(t *testing.T, got, want []float32, abs, rel float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i := range want {
		g, w := float64(got[i]), float64(want[i])
		if d := math.Abs(g - w); !(d <= abs+rel*math.Abs(w)) {
			t.Fatalf("value %d of %d is %g, want %g", i, len(want), g, w)
		}
	}
}

// sumsAbs and sumsRel bound sums of up to 9*65 products of size 1/sqrt(count) added in another order, with or without
// fused multiplication: each of the roundings is 6e-8 of a partial sum of size 1, and they add up like a random walk.
const (
	sumsAbs = 2e-6
	sumsRel = 2e-6
)

// runners are the numbers of threads every fast kernel is run with; their scratch memory is shared by all cases.
var runners = []*Runner{NewRunner(1), NewRunner(3)}

// onTiles runs test once for every micro-kernel this machine can run.
func onTiles(t *testing.T, test func(t *testing.T)) {
	chosen := best
	defer func() { best = chosen }()
	for _, k := range tiles() {
		best = k
		restore := useOutside(k.name)
		t.Run(k.name, test)
		restore()
	}
}

// tiles lists scalarTile, the tile in use, and those that extraTiles adds.
func tiles() []tile {
	list := []tile{{"go scalar", 2, 4, repeated(2, 4, scalarTile)}}
	for _, k := range append(extraTiles(), best) {
		if k.name != list[0].name {
			list = append(list, k)
		}
	}
	return list
}

// The comparison and the guards must see faults, or nothing here means anything.
func TestSupportSeesFaults(t *testing.T) {
	nan := float32(math.NaN())
	for name, fault := range map[string]func(t *testing.T){
		"perturbed": func(t *testing.T) { near(t, []float32{1, 2}, []float32{1, 2.001}, sumsAbs, sumsRel) },
		"nan":       func(t *testing.T) { near(t, []float32{1, nan}, []float32{1, 2}, sumsAbs, sumsRel) },
		"short":     func(t *testing.T) { near(t, []float32{1}, []float32{1, 2}, sumsAbs, sumsRel) },
		"past end":  func(t *testing.T) { r := guarded(3); r[guardWidth+3] = 0; unguarded(t, r, 3) },
		"before":    func(t *testing.T) { r := guarded(3); r[guardWidth-1] = 0; unguarded(t, r, 3) },
	} {
		if !fails(fault) {
			t.Errorf("%s: not seen", name)
		}
	}
}

// fails runs a check on a test of its own and says whether it failed.
func fails(check func(t *testing.T)) bool {
	probe := &testing.T{}
	done := make(chan bool)
	go func() { // Fatal ends the goroutine
		defer close(done)
		check(probe)
	}()
	<-done
	return probe.Failed()
}
