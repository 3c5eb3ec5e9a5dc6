package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// plant writes a tree of files, by path, and loads it. A go.mod is added.
func plant(t *testing.T, files map[string]string) *tree {
	t.Helper()
	root := t.TempDir()
	files["go.mod"] = "module unnoise\n\ngo 1.27\n"
	for name, content := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := loadTree(root)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// expect runs a rule on planted files and demands exactly the findings that start with the given places and texts, in
// order.
func expect(t *testing.T, check rule, files map[string]string, want ...string) {
	t.Helper()
	found, err := check(plant(t, files))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(want) {
		t.Fatalf("got %d findings %v, want %d %v", len(found), found, len(want), want)
	}
	for i, f := range found {
		if !strings.HasPrefix(f.String(), want[i]) {
			t.Errorf("finding %d is %q, want it to start with %q", i, f, want[i])
		}
	}
}
