package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// A tree is the source tree read once for all rules. Paths are relative to root, with slashes.
type tree struct {
	root     string
	module   string // the module path that go.mod declares
	fset     *token.FileSet
	files    []string // every regular file
	packages []*goPackage
}

// A goPackage is a folder's Go files, whatever their build tags and whichever of p and p_test they belong to.
type goPackage struct {
	dir   string // "." for the root
	files []*goFile
}

// A goFile is one parsed source file.
type goFile struct {
	path string
	test bool
	ast  *ast.File
}

// skipped are folders that hold nothing of the tree's own: what is built, installed or kept by git.
var skipped = map[string]bool{".git": true, "build": true, "node_modules": true, ".venv": true, "__pycache__": true}

// loadTree reads the tree at root. Files that do not parse are an error: gofmt says more about them.
func loadTree(root string) (*tree, error) {
	module, err := readModule(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	t := &tree{root: root, module: module, fset: token.NewFileSet()}
	if err := filepath.WalkDir(root, t.visit); err != nil {
		return nil, err
	}
	byDir := map[string]*goPackage{}
	for _, file := range t.files {
		if !isGoSource(file) {
			continue
		}
		parsed, err := parser.ParseFile(t.fset, filepath.Join(root, file), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		dir := path.Dir(file)
		if byDir[dir] == nil {
			byDir[dir] = &goPackage{dir: dir}
			t.packages = append(t.packages, byDir[dir])
		}
		byDir[dir].files = append(byDir[dir].files, &goFile{file, strings.HasSuffix(file, "_test.go"), parsed})
	}
	return t, nil
}

// visit collects one entry of the walk over the tree.
func (t *tree) visit(name string, entry fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if entry.IsDir() {
		if skipped[entry.Name()] {
			return fs.SkipDir
		}
		return nil
	}
	rel, err := filepath.Rel(t.root, name)
	// In a second working tree of the repository .git is a file.
	if err == nil && entry.Type().IsRegular() && !skipped[rel] {
		t.files = append(t.files, filepath.ToSlash(rel))
	}
	return err
}

// isGoSource leaves out testdata, which the go tool does not build either.
func isGoSource(file string) bool {
	return strings.HasSuffix(file, ".go") && !strings.Contains("/"+file, "/testdata/")
}

// line is the line of a position in its file.
func (t *tree) line(pos token.Pos) int { return t.fset.Position(pos).Line }

// read returns the content of a file of the tree.
func (t *tree) read(file string) ([]byte, error) {
	return os.ReadFile(filepath.Join(t.root, filepath.FromSlash(file)))
}

// has says whether the tree holds the file.
func (t *tree) has(file string) bool {
	info, err := os.Stat(filepath.Join(t.root, filepath.FromSlash(file)))
	return err == nil && info.Mode().IsRegular()
}

// importPath is what an import declaration names.
func importPath(spec *ast.ImportSpec) string {
	name, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value // the parser has accepted it, so this is never reached
	}
	return name
}

// readModule finds the module path in a go.mod.
func readModule(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		if name, ok := strings.CutPrefix(scanner.Text(), "module "); ok {
			return strings.TrimSpace(name), nil
		}
	}
	if err := scanner.Err(); err != nil {
		return "", err
	}
	return "", fmt.Errorf("%s: no module line", file)
}
