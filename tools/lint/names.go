package main

import (
	"go/build/constraint"
	"path"
	"slices"
	"strings"
)

// platforms are the operating systems and processors that matter here: a file whose name ends in one of them is left
// out of every other build without a word.
var platforms = []string{"amd64", "arm64", "js", "linux", "wasm", "windows", "darwin"}

// checkNames demands an explicit build constraint of every Go file whose name alone already limits where it is built,
// so that nothing is left out by accident.
func checkNames(t *tree) ([]finding, error) {
	var found []finding
	for _, pkg := range t.packages {
		for _, file := range pkg.files {
			if suffix := platformSuffix(file.path); suffix != "" && !hasConstraint(file) {
				found = append(found, finding{file.path, 1, "the name ends in _" + suffix + " and there is no //go:build line",
					"the go tool silently leaves the file out of other builds", "rename it, or say so with a //go:build line"})
			}
		}
	}
	return found, nil
}

// platformSuffix is the last part of the file's name where the go tool reads it as a platform.
func platformSuffix(file string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".go"), "_test")
	i := strings.LastIndexByte(name, '_')
	if i > 0 && slices.Contains(platforms, name[i+1:]) {
		return name[i+1:]
	}
	return ""
}

func hasConstraint(file *goFile) bool {
	for _, group := range file.ast.Comments {
		for _, comment := range group.List {
			if comment.Pos() < file.ast.Package && constraint.IsGoBuild(comment.Text) {
				return true
			}
		}
	}
	return false
}
