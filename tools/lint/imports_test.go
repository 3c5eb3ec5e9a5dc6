package main

import "testing"

func TestImportsFollowTheTable(t *testing.T) {
	expect(t, checkImports, map[string]string{
		"kernels/a.go":           "package kernels\nimport _ \"math\"\nimport _ \"github.com/x448/float16\"",
		"wasm/unet/a.go":         "package unet\nimport _ \"unnoise/kernels\"",
		"wasm/unet/a_test.go":    "package unet\nimport _ \"os\"\nimport _ \"unnoise/wasm/goldens\"",
		"wasm/sampler/a.go":      "package sampler\nimport _ \"unnoise/weights/jsontree\"",
		"tools/sample/main.go":   "package main\nimport _ \"unnoise/wasm/engine/cpu\"\nimport _ \"example.com/cli\"",
		"wasm/engine/cpu/cpu.go": "package cpu\nimport _ \"unnoise/wasm/engine\"",
	})
}

func TestImportsAgainstTheTable(t *testing.T) {
	cases := []struct{ file, source, want string }{
		{"kernels/a.go", "package kernels\nimport _ \"unnoise/weights\"", "kernels/a.go:2: kernels imports unnoise/weights: the map"},
		{"wasm/diffusion/a.go", "package diffusion\nimport _ \"github.com/x448/float16\"", "wasm/diffusion/a.go:2: wasm/diffusion imports github.com"},
		{"wasm/unet/a.go", "package unet\n\nimport _ \"os\"", "wasm/unet/a.go:3: wasm/unet imports os: this package is to know nothing"},
		{"wasm/sampler/a.go", "package sampler\nimport _ \"unnoise/wasm/engine/cpu\"", "wasm/sampler/a.go:2: wasm/sampler imports unnoise/wasm/engine/cpu"},
		{"wasm/engine/cpu/a.go", "package cpu\nimport _ \"syscall/js\"", "wasm/engine/cpu/a.go:2: wasm/engine/cpu imports syscall/js"},
		{"wasm/engine/webgpu/a.go", "//go:build js\n\npackage webgpu\nimport _ \"unnoise/wasm/sampler\"", "wasm/engine/webgpu/a.go:4: "},
		{"wasm/main.go", "package main\nimport _ \"unnoise/wasm/engine/enginetest\"", "wasm/main.go:2: wasm imports unnoise/wasm/engine/enginetest"},
		{"wasm/main.go", "package main\nimport _ \"unnoise/tools/sample\"", "wasm/main.go:2: wasm imports unnoise/tools/sample"},
		{"tools/serve/main.go", "package main\nimport _ \"unnoise/wasm/internal/webgpu\"", "tools/serve/main.go:2: "},
		{"weights/a_test.go", "package weights\nimport _ \"unnoise/tools/convert\"", "weights/a_test.go:2: weights imports unnoise/tools/convert: tools stand above"},
		{"wasm/attic/a.go", "package attic", "wasm/attic/a.go:1: package wasm/attic has no row"},
	}
	for _, c := range cases {
		expect(t, checkImports, map[string]string{c.file: c.source}, c.want)
	}
}

// TestTableHasNoDuplicates keeps a second row of a folder from standing there without effect.
func TestTableHasNoDuplicates(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range importTable {
		if seen[row.dir] {
			t.Errorf("importTable has two rows for %s", row.dir)
		}
		seen[row.dir] = true
	}
}
