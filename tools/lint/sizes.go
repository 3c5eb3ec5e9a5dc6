package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"path"
	"strings"
)

// Limits in lines. Most files and functions are to be far smaller; these catch what has grown out of hand.
const (
	maxFile         = 400
	maxFunction     = 60
	maxArchitecture = 120 // ARCHITECTURE.md is a map, to be read in one go
)

// largeFiles and largeFunctions are the exceptions, each with its reason. A function is written file:name.
var (
	largeFiles     = map[string]string{}
	largeFunctions = map[string]string{}
)

// sourceExtensions are the files that people write by hand and others read.
var sourceExtensions = map[string]bool{".go": true, ".js": true, ".mjs": true, ".wgsl": true, ".css": true, ".py": true, ".sh": true}

// checkSizes holds source files and Go functions to their limits. Functions in JavaScript are the formatter's linter's
// business (biome.json). Generated files, whose names start with z, may be long.
func checkSizes(t *tree) ([]finding, error) {
	var found []finding
	for _, file := range t.files {
		limit := fileLimit(file)
		if limit == 0 {
			continue
		}
		content, err := t.read(file)
		if err != nil {
			return nil, err
		}
		if n := bytes.Count(content, []byte("\n")); n > limit {
			found = append(found, finding{file, limit + 1, fmt.Sprintf("%d lines, limit %d", n, limit),
				"nobody holds a long file in the head", "split it by purpose, or give a reason in largeFiles of tools/lint/sizes.go"})
		}
	}
	for _, pkg := range t.packages {
		for _, file := range pkg.files {
			found = append(found, checkFunctions(t, file)...)
		}
	}
	return found, nil
}

// fileLimit is the number of lines a file may have, 0 where there is no limit.
func fileLimit(file string) int {
	switch {
	case file == "ARCHITECTURE.md":
		return maxArchitecture
	case !sourceExtensions[path.Ext(file)], isGenerated(file), largeFiles[file] != "":
		return 0
	}
	return maxFile
}

func isGenerated(file string) bool { return strings.HasPrefix(path.Base(file), "z") }

func checkFunctions(t *tree, file *goFile) []finding {
	var found []finding
	for _, decl := range file.ast.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || isGenerated(file.path) || largeFunctions[file.path+":"+fn.Name.Name] != "" {
			continue
		}
		first := t.line(fn.Pos())
		if n := t.line(fn.End()) - first + 1; n > maxFunction {
			found = append(found, finding{file.path, first, fmt.Sprintf("%s has %d lines, limit %d", fn.Name.Name, n, maxFunction),
				"it does more than one thing", "split it, or give a reason in largeFunctions of tools/lint/sizes.go"})
		}
	}
	return found
}
