package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLintRunsEveryRule plants one fault for each of two rules and expects both, sorted by place.
func TestLintRunsEveryRule(t *testing.T) {
	tr := plant(t, map[string]string{
		"wasm/main.go":   "// Command x.\npackage main\nfunc main() {}",
		"tools/a/a.go":   "package a",
		"wasm/x/x_js.go": "// Package x.\npackage x",
	})
	found, err := lint(tr.root)
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, f := range found {
		places = append(places, f.file)
	}
	want := "kernels/kernels.go tools/a/a.go wasm/x/x_js.go wasm/x/x_js.go"
	if got := strings.Join(places, " "); got != want {
		t.Errorf("got findings in %s, want %s", got, want)
	}
}

// TestBrokenTree makes sure that what cannot be read is an error and not a clean report.
func TestBrokenTree(t *testing.T) {
	root := t.TempDir()
	if _, err := lint(root); err == nil {
		t.Error("a folder without go.mod passed")
	}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "go 1.27\n")
	if _, err := lint(root); err == nil {
		t.Error("a go.mod without a module line passed")
	}
	write("go.mod", "module unnoise\n")
	write("a.go", "package\n")
	if _, err := lint(root); err == nil {
		t.Error("a file that does not parse passed")
	}
}
