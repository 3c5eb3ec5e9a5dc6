package kernels

import "math"

// The fast kernels are all one matrix product: a tile of pixels times a panel of output channels. For a 3x3 convolution
// over NHWC with a zero border, one kernel row's 3 taps x C channels are one contiguous run, so the product reads three
// runs and nothing is unrolled in memory.

// tile is a micro-kernel: acc[i*nr+j] = sum over rows and run of s[offs[i] + row*rowStride + k] * panel[(row*run+k)*nr + j],
// for every offset i, mr of them at a time, and nr columns j. len(offs) is a multiple of mr: a call in WebAssembly costs as much as a
// hundred products, so it should have many. Every offset must leave (rows-1)*rowStride+run elements of s.
type tile struct {
	name   string
	mr, nr int
	run    func(acc []float32, s []float32, offs []int, rowStride, rows, run int, panel []float32)
}

// Limits over all micro-kernels, for buffers on the stack.
const (
	maxMR = 8
	maxNR = 32
	// maxOffs is how many offsets the kernels here give a micro-kernel at once.
	maxOffs = 64
)

// best is the micro-kernel in use: the widest the machine has. Files with SIMD code replace it before main starts.
var best = tile{"go scalar", 2, 4, repeated(2, 4, scalarTile)}

// FastName says what the fast kernels run on, for people.
func FastName() string { return best.name }

// repeated makes a micro-kernel of one that takes just mr offsets.
func repeated(mr, nr int, one func(acc, s []float32, offs []int, rowStride, rows, run int, panel []float32)) func([]float32, []float32, []int, int, int, int, []float32) {
	return func(acc, s []float32, offs []int, rowStride, rows, run int, panel []float32) {
		for i := 0; i < len(offs); i += mr {
			one(acc[i*nr:][:mr*nr], s, offs[i:i+mr], rowStride, rows, run, panel)
		}
	}
}

// stepped fills offs with count offsets, step apart from first on, and repeats the last to the next multiple of a tile's pixels, so that a
// short tile reads nothing foreign. At most len(offs) are filled: it gives how many count.
func stepped(offs []int, first, step, count int) int {
	count = min(count, len(offs))
	for i := range offs[:count] {
		offs[i] = first + i*step
	}
	repeatLast(offs, count)
	return count
}

// tileProduct is what many pixels are multiplied with panels from: a micro-kernel's arguments, for any number of offsets, the largest of which
// is top. Results stand outStep values apart.
type tileProduct struct {
	s                                  []float32
	offs                               []int
	top, rowStride, rows, run, outStep int
}

// unscaled are what finish leaves sums alone with.
var unscaled = func() (u struct{ scale, shift [maxNR]float32 }) {
	fill(u.scale[:], 1)
	return u
}()

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }

// scalarTile is the micro-kernel in plain Go, used where there is no SIMD. Its sums are float64, which costs such a machine little.
func scalarTile(acc []float32, s []float32, offs []int, rowStride, rows, run int, panel []float32) {
	var a0, a1, a2, a3, b0, b1, b2, b3 float64
	for row := range rows {
		a := s[offs[0]+row*rowStride:][:run]
		b := s[offs[1]+row*rowStride:][:run]
		p := panel[row*run*4:][:4*run]
		for k, v := range a {
			x, y, w := float64(v), float64(b[k]), p[4*k:][:4]
			w0, w1, w2, w3 := float64(w[0]), float64(w[1]), float64(w[2]), float64(w[3])
			a0 += x * w0
			a1 += x * w1
			a2 += x * w2
			a3 += x * w3
			b0 += y * w0
			b1 += y * w1
			b2 += y * w2
			b3 += y * w3
		}
	}
	acc = acc[:8]
	acc[0], acc[1], acc[2], acc[3] = float32(a0), float32(a1), float32(a2), float32(a3)
	acc[4], acc[5], acc[6], acc[7] = float32(b0), float32(b1), float32(b2), float32(b3)
}

// Panels is a weight matrix [K][Cout] cut into panels of nr output channels, each [K][nr] and zero-filled behind the last channel.
// Float16 stays float16: a panel is widened when it is used.
type Panels struct {
	K, Cout int
	f16     []uint16
	f32     []float32
}

// PackPanels cuts w, of k rows and cout columns.
func PackPanels(w Weight, k, cout int) *Panels {
	nr := best.nr
	p := &Panels{K: k, Cout: cout}
	size := p.Count() * k * nr
	if w.F16 != nil {
		p.f16 = make([]uint16, size)
		pack(p.f16, w.F16, k, cout, nr)
	} else {
		p.f32 = make([]float32, size)
		pack(p.f32, w.F32, k, cout, nr)
	}
	return p
}

func pack[T any](to, from []T, k, cout, nr int) {
	for row := range k {
		for c := range cout {
			to[(c/nr*k+row)*nr+c%nr] = from[row*cout+c]
		}
	}
}

// Count is the number of panels.
func (p *Panels) Count() int { return (p.Cout + best.nr - 1) / best.nr }

// panel gives panel i as float32, widened into scratch (K*nr values) where it is float16.
func (p *Panels) panel(i int, scratch []float32) []float32 {
	size := p.K * best.nr
	if p.f32 != nil {
		return p.f32[i*size:][:size]
	}
	widen(scratch[:size], p.f16[i*size:][:size])
	return scratch[:size]
}

// halves gives panel i as float16.
func (p *Panels) halves(i int) []uint16 { return p.f16[i*p.K*best.nr:][:p.K*best.nr] }

// widenScalar turns finite float16 bits into float32: sign-extend, shift into place, multiply by 2^112; subnormals
// come out exact.
func widenScalar(out []float32, in []uint16) {
	for i, h := range in {
		bits := uint32(int32(int16(h))<<13) & 0x8fffe000
		out[i] = math.Float32frombits(bits) * 0x1p112
	}
}
