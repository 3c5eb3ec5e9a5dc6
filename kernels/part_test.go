package kernels

import (
	"fmt"
	"slices"
	"testing"
)

// parted demands that the parts of an operation write their regions and nothing else, and together the same bits as the whole.
func parted(t *testing.T, size int, run func(r *Runner, out []float32, p Part) Region) {
	t.Helper()
	whole := make([]float32, size)
	run(runners[0], whole, Part{})
	for _, of := range []int{2, 3, 4} {
		for _, r := range runners {
			joined := make([]float32, size)
			for k := range of {
				room := guarded(size)
				out := room[guardWidth:]
				r.poison()
				region := run(r, out, Part{k, of})
				packed := make([]float32, region.Len())
				region.Pack(packed, out)
				region.Unpack(joined, packed)
				fill(packed, guardValue)
				region.Unpack(out, packed)
				if i := slices.IndexFunc(unguarded(t, room, size), func(v float32) bool { return v != guardValue }); i >= 0 {
					t.Fatalf("part %d of %d wrote value %d, which is outside %+v", k, of, i, region)
				}
			}
			if !slices.Equal(joined, whole) {
				t.Fatalf("%d parts differ from the whole", of)
			}
		}
	}
}

func TestConvParts(t *testing.T) {
	s := source(77)
	for _, side := range []int{1, 3} {
		for _, cin := range []int{3, 8, 50} {
			for _, cout := range []int{1, 8, 33, 130} {
				a := convCase(&s, cin, cout, side)
				onTiles(t, func(t *testing.T) { testConvParts(t, a, side) })
			}
		}
	}
}

// Filtered convolutions: by rows of windows and by channels, several samples, sizes that are no multiples of a window's outputs.
func TestFilteredParts(t *testing.T) {
	s := source(78)
	for _, c := range []struct{ n, h, w, cin, cout int }{
		{1, 32, 32, 16, 16}, {1, 16, 16, 64, 70}, {2, 17, 9, 33, 17}, {3, 9, 10, 8, 40}, {2, 8, 8, 64, 130}, {1, 66, 65, 48, 8},
	} {
		a := &ConvArgs{N: c.n, H: c.h, W: c.w, C: [2]int{c.cin, 0}, Stride: 1, Cout: c.cout, SiLU: s.coin(), Mul: 1}
		a.In[0] = s.floats(a.N*a.H*a.W*c.cin, 1)
		a.surround(&s)
		a.Weight = s.weight(9*c.cin, c.cout, s.coin())
		onTiles(t, func(t *testing.T) { testConvParts(t, a, 3) })
	}
}

func testConvParts(t *testing.T, a *ConvArgs, side int) {
	t.Log(a)
	p := PackPanels(a.Weight, side*side*a.Channels(), a.Cout)
	h, w := a.outSize()
	parted(t, a.N*h*w*a.Cout, func(r *Runner, out []float32, part Part) Region {
		b := *a
		b.Out, b.Part = out, part
		if side == 1 {
			r.Conv1x1(&b, p)
			return b.Region1x1()
		}
		r.Conv3x3(&b, p)
		return b.Region3x3()
	})
}

func TestAttentionParts(t *testing.T) {
	s := source(79)
	for _, c := range []struct{ n, p, heads, width int }{{1, 1, 1, 8}, {1, 64, 2, 17}, {3, 49, 1, 33}, {1, 130, 4, 8}} {
		a := &AttentionArgs{N: c.n, P: c.p, C: c.heads * c.width, Heads: c.heads}
		a.QKV = s.floats(a.N*a.P*3*a.C, 2)
		onTiles(t, func(t *testing.T) {
			parted(t, a.N*a.P*a.C, func(r *Runner, out []float32, part Part) Region {
				b := *a
				b.Out, b.Part = out, part
				r.Attention(&b)
				return b.Region()
			})
		})
	}
}

// Work is cut along both ways, or one of them is never tried here.
func TestCutsBothWays(t *testing.T) {
	for _, c := range []struct {
		side, channels int
		rows           bool
	}{{32, 128, true}, {16, 256, false}, {8, 256, false}, {32, 3, true}} {
		a := &ConvArgs{N: 1, H: c.side, W: c.side, C: [2]int{c.channels, 0}, Cout: c.channels, Stride: 1, Part: Part{1, 2}}
		if region := a.Region3x3(); (region.Rows == 1) != c.rows {
			t.Error(fmt.Sprintf("%d channels at %dx%d: ", c.channels, c.side, c.side), region)
		}
	}
}
