package main

import (
	"strings"
	"testing"
)

func TestSizes(t *testing.T) {
	lines := func(n int) string { return strings.Repeat("//\n", n) }
	body := func(n int) string { return "func f() {\n" + strings.Repeat("\t_ = 0\n", n-2) + "}\n" }
	expect(t, checkSizes, map[string]string{
		"a.go":            "package a\n" + lines(maxFile-1),
		"b.go":            "package a\n" + lines(maxFile),
		"zgenerated.go":   "package a\n" + body(500),
		"notes.txt":       lines(500),
		"c.mjs":           lines(maxFile + 1),
		"ARCHITECTURE.md": lines(maxArchitecture + 1),
		"fit.go":          "package a\n" + body(maxFunction),
		"long.go":         "package a\n\n" + body(maxFunction+1),
	},
		"ARCHITECTURE.md:121: 121 lines, limit 120",
		"b.go:401: 401 lines, limit 400",
		"c.mjs:401: 401 lines",
		"long.go:3: f has 61 lines, limit 60")
}

// TestExceptionsAreInUse keeps reasons from outliving what they excuse.
func TestExceptionsAreInUse(t *testing.T) {
	real, err := loadTree("../..")
	if err != nil {
		t.Fatal(err)
	}
	for file := range largeFiles {
		if !real.has(file) {
			t.Errorf("largeFiles names %s, which is not there", file)
		}
	}
	for name := range largeFunctions {
		if file, _, _ := strings.Cut(name, ":"); !real.has(file) {
			t.Errorf("largeFunctions names %s, which is not there", name)
		}
	}
}
