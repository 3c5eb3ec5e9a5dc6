package main

import (
	"encoding/json"
	"math"

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
