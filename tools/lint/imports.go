package main

import (
	"slices"
	"strings"
)

// float16 is the one package from outside that the core may use.
const float16 = "github.com/x448/float16"

// yaml reads the configurations of training programs, in the converter alone.
const yaml = "go.yaml.in/yaml/v3"

// importRow says what the files of a package that are not tests may import.
type importRow struct {
	// dir is the package's folder, or a folder and "/..." for it and all below.
	dir string
	// own are packages of this module, by folder; "DIR/..." stands for DIR and all below.
	own []string
	// outside are packages of other modules; "*" allows all.
	outside []string
	// not are packages of the standard library, and folders of this module, that are refused all the same.
	not []string
}

// jsontree may be imported by anybody: it is the JSON reader that stands in for encoding/json.
const jsontree = "weights/jsontree"

// testSupport are packages that only tests import, apart from selftest, which the program runs as well.
var testSupport = []string{"wasm/engine/enginetest", "wasm/goldens", "wasm/goldens/chains"}

// blind are packages of the standard library that code without knowledge of files and browsers has no use for.
var blind = []string{"os", "net", "net/http", "syscall/js", "path/filepath"}

// machine are packages of the standard library that belong to the rooms next to the browser.
var machine = []string{"syscall/js"}

var engineImports = []string{"wasm/engine", "wasm/unet", "kernels", "weights"}

// importTable is the map of who may import whom. The first row that fits a folder counts; a package without a row
// is a finding, so that a new room gets its place in the map.
var importTable = []importRow{
	{dir: "kernels", outside: []string{float16}, not: blind},
	{dir: "weights", own: []string{"weights/sha256"}, outside: []string{float16}, not: blind},
	{dir: jsontree, not: blind},
	{dir: "weights/sha256", not: blind},
	{dir: "wasm/diffusion", not: blind},
	{dir: "wasm/noise", not: blind},
	{dir: "wasm/unet", own: []string{"kernels"}, not: blind},
	{dir: "wasm/model", own: []string{"weights", "wasm/unet", "wasm/diffusion"}, not: blind},
	{dir: "wasm/checkpoint", own: []string{"weights", "wasm/unet", "wasm/model", "wasm/diffusion", "wasm/checkpoint/pickle"}, outside: []string{float16, yaml}, not: machine},
	{dir: "wasm/checkpoint/pickle", own: []string{"weights"}, not: blind},
	{dir: "wasm/certificate", own: []string{"weights", "wasm/..."}, not: append([]string{"wasm/internal/webgpu"}, blind...)},
	{dir: "wasm/evalcase", own: []string{"weights", "wasm/engine", "wasm/unet", "wasm/model"}, not: machine},
	{dir: "wasm/engine", own: []string{"wasm/unet", "weights", "kernels"}, not: blind},
	{dir: "wasm/engine/cpu", own: engineImports, not: machine},
	{dir: "wasm/engine/webgpu", own: append([]string{"wasm/internal/webgpu"}, engineImports...), not: machine},
	{dir: "wasm/engine/selftest", own: []string{"wasm/...", "kernels", "weights"}, not: machine},
	{dir: "wasm/engine/enginetest", own: []string{"wasm/...", "kernels", "weights"}, not: machine},
	{dir: "wasm/goldens/chains", own: []string{"wasm/goldens", "wasm/diffusion"}, not: machine},
	{dir: "wasm/goldens", own: []string{"wasm/...", "kernels", "weights"}, not: machine},
	{dir: "wasm/codec", own: []string{"wasm/diffusion", "wasm/noise", "wasm/engine", "wasm/sampler"}, not: blind},
	{dir: "wasm/likelihood", own: []string{"wasm/diffusion", "wasm/noise", "wasm/engine"}, not: blind},
	{dir: "wasm/picture", not: blind},
	{dir: "wasm/picture/resize", own: []string{"wasm/picture"}, outside: []string{"golang.org/x/image/draw"}, not: blind},
	{dir: "wasm/sampler", own: []string{"wasm/diffusion", "wasm/noise", "wasm/engine"}, not: blind},
	{dir: "wasm/saved", own: []string{"weights", "wasm/diffusion", "wasm/engine", "wasm/sampler"}, not: blind},
	{dir: "wasm/internal/webgpu"},
	{dir: "wasm/converter", own: []string{"wasm/...", "weights"}, not: testSupport},
	{dir: "wasm", own: []string{"wasm/...", "weights"}, not: testSupport},
	{dir: "tools/...", own: []string{"kernels", "weights", "wasm/...", "tools/..."}, outside: []string{"*"}, not: []string{"wasm/internal/webgpu"}},
}

// checkImports holds every package to its row of importTable. Test files may import whatever they need of this
// module except tools, which stand above everything.
func checkImports(t *tree) ([]finding, error) {
	var found []finding
	for _, pkg := range t.packages {
		row := findRow(pkg.dir)
		if row == nil {
			first := pkg.files[0]
			found = append(found, finding{first.path, t.line(first.ast.Package), "package " + pkg.dir + " has no row in the import table",
				"nobody has said what it may know", "add a row to importTable in tools/lint/imports.go and the package to ARCHITECTURE.md"})
			continue
		}
		for _, file := range pkg.files {
			found = append(found, checkFileImports(t, row, pkg.dir, file)...)
		}
	}
	return found, nil
}

func findRow(dir string) *importRow {
	for i := range importTable {
		if matches(importTable[i].dir, dir) {
			return &importTable[i]
		}
	}
	return nil
}

// matches says whether a folder fits a pattern: the folder itself, or anything at or below "DIR/...".
func matches(pattern, dir string) bool {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return dir == base || strings.HasPrefix(dir, base+"/")
	}
	return pattern == dir
}

func checkFileImports(t *tree, row *importRow, dir string, file *goFile) []finding {
	var found []finding
	for _, spec := range file.ast.Imports {
		name := importPath(spec)
		why := refuse(t.module, row, dir, name)
		if file.test {
			why = refuseInTest(t.module, dir, name)
		}
		if why != "" {
			found = append(found, finding{file.path, t.line(spec.Pos()), dir + " imports " + name, why,
				"move the code to where it may know both, or change importTable in tools/lint/imports.go and ARCHITECTURE.md with the reason"})
		}
	}
	return found
}

// refuse says why a package may not import name, or "".
func refuse(module string, row *importRow, dir, name string) string {
	if own, ok := strings.CutPrefix(name, module+"/"); ok {
		return refuseOwn(row, own)
	}
	if slices.Contains(row.not, name) {
		return "this package is to know nothing of files, browsers or machines"
	}
	if isStandard(name) {
		return ""
	}
	if slices.Contains(row.outside, name) || slices.Contains(row.outside, "*") {
		return ""
	}
	return "no package from outside is meant to reach " + dir
}

func refuseOwn(row *importRow, own string) string {
	fits := func(pattern string) bool { return matches(pattern, own) }
	if own == jsontree {
		return ""
	}
	if !slices.ContainsFunc(row.own, fits) || slices.ContainsFunc(row.not, fits) {
		return "the map of the rooms does not allow it"
	}
	return ""
}

func refuseInTest(module, dir, name string) string {
	own, ok := strings.CutPrefix(name, module+"/")
	if ok && matches("tools/...", own) && !matches("tools/...", dir) {
		return "tools stand above the core, and its tests must not need them"
	}
	return ""
}

// isStandard tells the standard library from other modules as the go tool does: no dot in the first element.
func isStandard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".")
}
