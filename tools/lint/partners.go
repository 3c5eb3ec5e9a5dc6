package main

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// tableFile holds the constants of type Kernel and the Table of kernels with their shaders.
const tableFile = "kernels/kernels.go"

// testedIn names the test file of a stem that has none of its own name.
var testedIn = map[string]string{}

// A kernelEntry is one row of kernels.Table as the source has it.
type kernelEntry struct {
	stem    string
	shaders []string
	line    int
}

// checkPartners demands for every kernel its plain Go, its shaders and its test, for every shader and fast version
// the plain Go that defines it, and for every shader a place in the table.
func checkPartners(t *tree) ([]finding, error) {
	entries := readTable(t)
	if entries == nil {
		return []finding{{tableFile, 1, "no kernels.Table found", "both engines and this check read it",
			"declare `var Table = []Info{{Kernel, []string{shaders}, what}, ...}`"}}, nil
	}
	found := missingPartners(t, entries)
	for _, file := range t.files {
		if path.Dir(file) == "kernels" {
			found = append(found, checkOrphan(t, entries, path.Base(file))...)
		}
	}
	return found, nil
}

// missingPartners looks for the files that the table's rows promise.
func missingPartners(t *tree, entries []kernelEntry) []finding {
	var found []finding
	missing := func(e kernelEntry, file, why string) {
		if !t.has("kernels/" + file) {
			found = append(found, finding{tableFile, e.line, "kernel " + e.stem + " has no kernels/" + file, why, "write it, or take the kernel out of Table"})
		}
	}
	for _, e := range entries {
		missing(e, e.stem+".go", "the plain loops are the definition of the operation")
		for _, shader := range e.shaders {
			missing(e, shader, "Table lists it")
		}
		test := e.stem + "_test.go"
		if testedIn[e.stem] != "" {
			test = testedIn[e.stem]
		}
		missing(e, test, "an operation without a test is held by nothing")
	}
	return found
}

// checkOrphan looks at a shader or fast version and asks for what belongs to it. The plain version of a helper that is
// built one way or the other may be called STEM_plain.go.
func checkOrphan(t *tree, entries []kernelEntry, name string) []finding {
	file := "kernels/" + name
	var found []finding
	fast := strings.HasSuffix(name, "_simd.go")
	shader := strings.HasSuffix(name, ".wgsl")
	stem := stemOf(name)
	plain := t.has("kernels/"+stem+".go") || fast && t.has("kernels/"+stem+"_plain.go")
	if (fast || shader) && !plain {
		found = append(found, finding{file, 1, "no kernels/" + stem + ".go", "the plain loops are the definition that fast versions are judged by", "write it, or rename the file to its operation's stem"})
	}
	listed := func(e kernelEntry) bool { return slices.Contains(e.shaders, name) }
	if shader && !slices.ContainsFunc(entries, listed) {
		found = append(found, finding{file, 1, "shader is not in kernels.Table", "no check and no engine would find it", "list it in " + tableFile})
	}
	return found
}

// stemOf is a file's name up to the first underscore or dot.
func stemOf(name string) string {
	return name[:strings.IndexAny(name, "_.")]
}

// readTable reads the composite literal of kernels.Table; nil where there is none.
func readTable(t *tree) []kernelEntry {
	for _, pkg := range t.packages {
		for _, file := range pkg.files {
			if file.path == tableFile {
				return tableEntries(t, file.ast)
			}
		}
	}
	return nil
}

func tableEntries(t *tree, file *ast.File) []kernelEntry {
	names := kernelConstants(file)
	var entries []kernelEntry
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "Table" || len(spec.Values) != 1 {
			return true
		}
		rows, _ := spec.Values[0].(*ast.CompositeLit)
		if rows == nil {
			return false
		}
		for _, row := range rows.Elts {
			entries = append(entries, readRow(t, names, row))
		}
		return false
	})
	return entries
}

// kernelConstants maps the name of each string constant to its value.
func kernelConstants(file *ast.File) map[string]string {
	names := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && len(spec.Values) == 1 {
			if value, ok := stringLiteral(spec.Values[0]); ok {
				names[spec.Names[0].Name] = value
			}
		}
		return true
	})
	return names
}

// readRow takes the first identifier of a row for the kernel and the names that end in .wgsl for its shaders.
func readRow(t *tree, names map[string]string, row ast.Expr) kernelEntry {
	e := kernelEntry{line: t.line(row.Pos())}
	ast.Inspect(row, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && e.stem == "" && names[id.Name] != "" {
			e.stem = names[id.Name]
		}
		if value, ok := stringLiteral(n); ok && strings.HasSuffix(value, ".wgsl") {
			e.shaders = append(e.shaders, value)
		}
		return true
	})
	return e
}

func stringLiteral(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(lit.Value)
	return value, err == nil
}
