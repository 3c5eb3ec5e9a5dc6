package main

import (
	"strings"
	"testing"
)

const log = `=== RUN   TestNetworks
=== RUN   TestNetworks/fast/film
    networks.go:87: cases.safetensors F16: largest difference 1.9e-06
    networks.go:87: cases.safetensors F32: largest difference 2.5e-06
=== RUN   TestNetworks/plain/film
    networks.go:87: cases.safetensors F16: largest difference 7e-06
`

func TestTable(t *testing.T) {
	tb := table{labels: []string{"SIMD"}, worst: map[string]map[string]float64{}}
	if n := tb.scan(strings.NewReader(log), "SIMD", "fast"); n != 2 {
		t.Errorf("%d differences read, want 2", n)
	}
	var b strings.Builder
	tb.write(&b)
	want := "| network | SIMD |\n|---|---|\n| film | 1.9e-06, 2.5e-06 |\n| **largest** | 1.9e-06, 2.5e-06 |\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
