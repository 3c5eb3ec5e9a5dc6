// Command lint checks the rules of this tree that no general linter knows: who imports whom, a partner for every
// shader, what may reach the WebAssembly module, the size of files and functions, doc comments, names and paths.
//
//	go run ./tools/lint [DIR]
//
// Each rule is a file of its own with a test that plants the fault. One finding a line: file:line: what: why; remedy.
// Exit status 1 when there are findings, 2 when the tree cannot be read.
package main

import (
	"fmt"
	"os"
	"sort"
)

// A finding is one place that breaks a rule.
type finding struct {
	file string // path from the root of the tree, with slashes
	line int    // counted from 1
	what string // what stands there
	why  string // why that is wrong
	todo string // what to do about it
}

func (f finding) String() string {
	return fmt.Sprintf("%s:%d: %s: %s; %s", f.file, f.line, f.what, f.why, f.todo)
}

// A rule looks at the whole tree and reports every place that breaks it.
type rule func(*tree) ([]finding, error)

var rules = []rule{checkImports, checkPartners, checkReach, checkSizes, checkDocs, checkNames, checkPaths}

func main() {
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	findings, err := lint(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lint:", err)
		os.Exit(2)
	}
	for _, f := range findings {
		fmt.Println(f)
	}
	if len(findings) > 0 {
		fmt.Fprintf(os.Stderr, "lint: %d findings\n", len(findings))
		os.Exit(1)
	}
}

// lint runs every rule on the tree at dir; the findings come sorted by place.
func lint(dir string) ([]finding, error) {
	t, err := loadTree(dir)
	if err != nil {
		return nil, err
	}
	var all []finding
	for _, check := range rules {
		found, err := check(t)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	sort.SliceStable(all, func(i, j int) bool {
		if all[i].file != all[j].file {
			return all[i].file < all[j].file
		}
		return all[i].line < all[j].line
	})
	return all, nil
}
