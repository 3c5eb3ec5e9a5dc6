package main

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"unnoise/wasm/engine"
)

func decode(ts *testscript.TestScript, name string) image.Image {
	f, err := os.Open(ts.MkAbs(name))
	ts.Check(err)
	defer f.Close()
	p, err := png.Decode(f)
	ts.Check(err)
	return p
}

// isPNG FILE grey|colour [FRAMES ROWS ALONE]: the file is a PNG without alpha; a strip has FRAMES x ROWS pictures of twice ALONE's size.
func isPNG(ts *testscript.TestScript, _ bool, args []string) {
	p := decode(ts, args[0])
	want := map[string]color.Model{"grey": color.GrayModel, "colour": color.RGBAModel}[args[1]]
	if p.ColorModel() != want {
		ts.Fatalf("%s is not %s", args[0], args[1])
	}
	if len(args) == 2 {
		return
	}
	one, got := decode(ts, args[4]).Bounds().Size(), p.Bounds().Size()
	if got.X/one.X/stripScale != atoi(ts, args[2]) || got.Y/one.Y/stripScale != atoi(ts, args[3]) {
		ts.Fatalf("%s is %v, one picture %v", args[0], got, one)
	}
}

// TestGrid places samples: a grid of five is 3 wide and 2 high, its last cell black.
func TestGrid(t *testing.T) {
	s := engine.Shape{N: 1, C: 3, H: 1, W: 2}
	grid := newGrid(s, 5)
	if got := grid.Bounds().Size(); got != image.Pt(6, 2) {
		t.Fatalf("the grid is %v", got)
	}
	for i := range 5 {
		paint(grid, cell(s, 5, i), s, []float32{-1, float32(i) / 5, 0, 0, 1, 1})
	}
	for _, c := range []struct {
		x, y int
		want color.RGBA
	}{{0, 0, color.RGBA{0, 128, 255, 255}}, {1, 0, color.RGBA{128, 128, 255, 255}}, {3, 1, color.RGBA{230, 128, 255, 255}}, {4, 1, color.RGBA{0, 0, 0, 255}}} {
		if got := grid.At(c.x, c.y); got != c.want {
			t.Errorf("pixel %d,%d is %v, want %v", c.x, c.y, got, c.want)
		}
	}
}

// TestStripMarks: at most 12 steps, evenly spaced, the last one always.
func TestStripMarks(t *testing.T) {
	s := engine.Shape{N: 1, C: 1, H: 2, W: 3}
	for _, steps := range []int{1, 2, 11, 12, 13, 50, 1000} {
		st := newStrip(s, 9, steps)
		if len(st.marks) != min(steps, 12) || st.marks[len(st.marks)-1] != steps {
			t.Errorf("%d steps: marks %v", steps, st.marks)
		}
		for i := 1; i < len(st.marks); i++ {
			if d := st.marks[i] - st.marks[i-1]; d < steps/12 || d < 1 || d > steps/12+1 {
				t.Errorf("%d steps: marks %v are not even", steps, st.marks)
			}
		}
	}
}

// TestStripRows: x_t above the estimate of x_0, sample under sample, also where the samples come in two batches.
func TestStripRows(t *testing.T) {
	s := engine.Shape{N: 1, C: 1, H: 1, W: 1}
	st := newStrip(s, 3, 1)
	st.add(0, 0, []float32{-1, -0.5}, []float32{1, 0.5})
	st.add(0, 2, []float32{0, 9}, []float32{0.25, 9})
	got := st.enlarged()
	if got.Bounds().Size() != image.Pt(2, 12) {
		t.Fatalf("the strip is %v", got.Bounds())
	}
	for row, want := range []uint8{0, 255, 64, 191, 128, 159} {
		for _, at := range []image.Point{{0, 2 * row}, {1, 2*row + 1}} {
			if level := got.At(at.X, at.Y).(color.Gray).Y; level != want {
				t.Errorf("row %d: level %d, want %d", row, level, want)
			}
		}
	}
}
