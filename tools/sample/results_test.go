package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"unnoise/wasm/diffusion"
)

// boundJSONCheck N: the last command printed JSON alone, of N bounds whose terms add up.
func boundJSONCheck(ts *testscript.TestScript, _ bool, args []string) {
	var list []boundJSON
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &list))
	if len(list) != atoi(ts, args[0]) {
		ts.Fatalf("%d bounds", len(list))
	}
	for _, b := range list {
		sum := 0.0
		for _, t := range b.Terms {
			sum += t.Bits
		}
		if b.Image == "" || !(b.Bits > 0) || math.Abs(sum-b.Bits) > 1e-9*b.Bits || b.Terms[0].Term != "L_T" || b.Terms[len(b.Terms)-1].Term != "L_0" {
			ts.Fatalf("bound of %q: %g, its terms add up to %g", b.Image, b.Bits, sum)
		}
	}
}

// encodeJSONCheck FILE: the last command printed JSON alone, of FILE's size, with steps that add up.
func encodeJSONCheck(ts *testscript.TestScript, _ bool, args []string) {
	var e encodeJSON
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &e))
	bound, bits := 0.0, 0.0
	for _, s := range e.Steps {
		bound, bits = bound+s.Bound, bits+s.Bits
	}
	if e.Bits != 8*len(ts.ReadFile(args[0])) || math.Abs(bound-e.Bound) > 1e-6 || math.Abs(bits-float64(e.Bits-e.Header)) > 40 || e.Ratio != float64(e.Bits)/e.Bound {
		ts.Fatalf("%d bits, steps %.0f; bound %g, steps %g", e.Bits, bits, e.Bound, bound)
	}
}

// cutFile IN OUT PERCENT: a coded picture with a part of its stream.
func cutFile(ts *testscript.TestScript, _ bool, args []string) {
	data := []byte(ts.ReadFile(args[0]))
	const header = 11
	keep := header + (len(data)-header)*atoi(ts, args[2])/100
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data[:keep], 0o644))
}

// near A B N: two pictures whose levels are at most N apart, as a root of the mean square.
func near(ts *testscript.TestScript, neg bool, args []string) {
	a, b := decode(ts, args[0]), decode(ts, args[1])
	sum, n := 0.0, 0.0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			p, q := color.GrayModel.Convert(a.At(x, y)).(color.Gray), color.GrayModel.Convert(b.At(x, y)).(color.Gray)
			sum, n = sum+math.Pow(float64(p.Y)-float64(q.Y), 2), n+1
		}
	}
	if rms := math.Sqrt(sum / n); (rms > float64(atoi(ts, args[2]))) != neg {
		ts.Fatalf("pictures are %.1f levels apart", rms)
	}
}

// npzCheck FILE N DIR I...: an .npz of N samples, of which those named are the PNG files of DIR.
func npzCheck(ts *testscript.TestScript, _ bool, args []string) {
	archive, err := zip.OpenReader(ts.MkAbs(args[0]))
	ts.Check(err)
	defer archive.Close()
	if len(archive.File) != 1 || archive.File[0].Name != "arr_0.npy" {
		ts.Fatalf("%d entries", len(archive.File))
	}
	entry, err := archive.File[0].Open()
	ts.Check(err)
	data, err := io.ReadAll(entry)
	ts.Check(err)
	head := 10 + int(data[8]) + int(data[9])<<8
	size := decode(ts, args[2]+"/000000.png").Bounds()
	n := atoi(ts, args[1])
	want := fmt.Sprintf("'shape': (%d, %d, %d, 3)", n, size.Dy(), size.Dx())
	if head%64 != 0 || !strings.Contains(string(data[:head]), want) || len(data)-head != n*size.Dx()*size.Dy()*3 {
		ts.Fatalf("header %q, %d bytes", data[:head], len(data))
	}
	for _, name := range args[3:] {
		i := atoi(ts, name)
		p := decode(ts, fmt.Sprintf("%s/%06d.png", args[2], i))
		for at := range size.Dx() * size.Dy() {
			r, _, b, _ := p.At(at%size.Dx(), at/size.Dx()).RGBA()
			v := data[head+3*(i*size.Dx()*size.Dy()+at):]
			if uint8(r>>8) != v[0] || uint8(b>>8) != v[2] {
				ts.Fatalf("sample %d differs at pixel %d", i, at)
			}
		}
	}
}

// interrupted NPZ PART OUT N: what an interrupted run for OUT leaves of the same samples: N whole ones and a piece.
func interrupted(ts *testscript.TestScript, _ bool, args []string) {
	archive, err := zip.OpenReader(ts.MkAbs(args[0]))
	ts.Check(err)
	defer archive.Close()
	entry, err := archive.File[0].Open()
	ts.Check(err)
	data, err := io.ReadAll(entry)
	ts.Check(err)
	head := 10 + int(data[8]) + int(data[9])<<8
	m := openPack(ts, "grey")
	r := diffusion.Request{Sampler: diffusion.DDIM, Steps: 2}
	about := fmt.Sprintf("unnoise many: %s %+v seed 3 first 0 n 5 guidance 1 labels []\n", m.ID(), r)
	size := m.Net.Height * m.Net.Width * 3
	part := append([]byte(about), data[head:][:atoi(ts, args[3])*size+7]...)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), part, 0o644))
}

// sizeCheck PICTURE PACK COLUMNS ROWS: a picture of so many of the pack's, twice the size.
func sizeCheck(ts *testscript.TestScript, _ bool, args []string) {
	n, b := openPack(ts, args[1]).Net, decode(ts, args[0]).Bounds()
	if w, h := 2*n.Width*atoi(ts, args[2]), 2*n.Height*atoi(ts, args[3]); b.Dx() != w || b.Dy() != h {
		ts.Fatalf("%s is %v, want %dx%d", args[0], b, w, h)
	}
}

// makeMask PACK FILE: a mask for the pack's pictures: the left half is kept.
func makeMask(ts *testscript.TestScript, _ bool, args []string) {
	n := openPack(ts, args[0]).Net
	p := image.NewGray(image.Rect(0, 0, n.Width, n.Height))
	for i := range p.Pix {
		if i%n.Width >= n.Width/2 {
			p.Pix[i] = 255
		}
	}
	drawn, err := encode(p)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), drawn, 0o644))
}

// kept STRIP PICTURE MASK N: the last N pictures of a strip of twice the size are PICTURE where the mask is black, and not elsewhere.
func kept(ts *testscript.TestScript, _ bool, args []string) {
	strip, p, mask := decode(ts, args[0]), decode(ts, args[1]), decode(ts, args[2])
	w, n := p.Bounds().Dx(), atoi(ts, args[3])
	other := 0
	for i := range n {
		first := strip.Bounds().Dx() - 2*w*(n-i)
		for at := range w * p.Bounds().Dy() {
			x, y := at%w, at/w
			r, _, _, _ := mask.At(x, y).RGBA()
			same := strip.At(first+2*x, 2*y) == p.At(x, y)
			if r == 0 && !same {
				ts.Fatalf("picture %d was to be kept at (%d,%d)", i, x, y)
			}
			if !same {
				other++
			}
		}
	}
	if other == 0 {
		ts.Fatalf("nothing was drawn")
	}
}
