package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// tooHeavy are packages that must not reach the WebAssembly module, directly or through others: they pull in
// reflection over everything and add hundreds of kilobytes to what every visitor downloads.
var tooHeavy = []string{"crypto/sha256", "encoding/json", "fmt", "image/png", "log", "net/http", "testing", "text/template"}

// wasmMain is the folder of the program that the page loads.
const wasmMain = "wasm"

// A dep is a package as `go list` describes it.
type dep struct {
	ImportPath string
	Imports    []string
}

// checkReach asks the go tool for everything that the js/wasm program is linked from.
func checkReach(t *tree) ([]finding, error) {
	if !slices.ContainsFunc(t.packages, func(p *goPackage) bool { return p.dir == wasmMain }) {
		return []finding{{"go.mod", 1, "no package in " + wasmMain + "/", "the page loads it", "write its main package"}}, nil
	}
	deps, err := listDeps(t.root)
	if err != nil {
		return nil, err
	}
	var found []finding
	start := t.module + "/" + wasmMain
	for _, heavy := range tooHeavy {
		if chain := findChain(deps, start, heavy); chain != nil {
			found = append(found, reachFinding(t, chain))
		}
	}
	return found, nil
}

// listDeps lists the packages of the js/wasm program by import path.
func listDeps(root string) (map[string][]string, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports", "./"+wasmMain)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list ./%s for js/wasm: %w\n%s", wasmMain, err, stderr.Bytes())
	}
	deps := map[string][]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var d dep
		if err := decoder.Decode(&d); errors.Is(err, io.EOF) {
			return deps, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list ./%s for js/wasm: %w", wasmMain, err)
		}
		deps[d.ImportPath] = d.Imports
	}
}

// findChain is the shortest way of imports from one package to another, both included; nil where there is none.
func findChain(deps map[string][]string, from, to string) []string {
	came := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			return walkBack(came, to)
		}
		for _, next := range deps[queue[0]] {
			if _, seen := came[next]; !seen {
				came[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func walkBack(came map[string]string, to string) []string {
	var chain []string
	for name := to; name != ""; name = came[name] {
		chain = append(chain, name)
	}
	slices.Reverse(chain)
	return chain
}

// reachFinding places the finding at the last import of the chain that stands in this tree.
func reachFinding(t *tree, chain []string) finding {
	f := finding{wasmMain, 1, "the module reaches " + chain[len(chain)-1] + " by " + strings.Join(chain, " > "),
		"it makes every visitor's download larger", "use errors, strconv, weights/jsontree or code of our own"}
	for i := len(chain) - 2; i >= 0; i-- {
		own, ok := strings.CutPrefix(chain[i], t.module+"/")
		if !ok {
			continue
		}
		if file, line := findImport(t, own, chain[i+1]); file != "" {
			f.file, f.line = file, line
		}
		break
	}
	return f
}

// findImport finds a place where the package in dir imports name, outside its tests.
func findImport(t *tree, dir, name string) (file string, line int) {
	for _, pkg := range t.packages {
		if pkg.dir != dir {
			continue
		}
		for _, file := range pkg.files {
			for _, spec := range file.ast.Imports {
				if !file.test && importPath(spec) == name {
					return file.path, t.line(spec.Pos())
				}
			}
		}
	}
	return "", 0
}
