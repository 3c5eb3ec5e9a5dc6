package main

import (
	"encoding/json"
	"image/color"
	"math"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
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
