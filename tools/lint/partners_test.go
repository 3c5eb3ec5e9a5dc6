package main

import (
	"maps"
	"testing"
)

// kernelTree is a folder of kernels without a fault.
var kernelTree = map[string]string{
	tableFile: "package kernels\n\nconst (\n\tConv3x3 Kernel = \"conv3x3\"\n)\n\nvar Table = []Info{\n" +
		"\t{Conv3x3, []string{\"conv3x3.wgsl\", \"conv3x3_splitk.wgsl\"}, \"a convolution\"},\n}\n",
	"kernels/conv3x3.go":          "package kernels",
	"kernels/conv3x3_simd.go":     "package kernels",
	"kernels/conv3x3_test.go":     "package kernels",
	"kernels/conv3x3.wgsl":        "",
	"kernels/conv3x3_splitk.wgsl": "",
	"kernels/vec_simd.go":         "package kernels",
	"kernels/vec_plain.go":        "package kernels",
}

func TestPartnersPresent(t *testing.T) { expect(t, checkPartners, maps.Clone(kernelTree)) }

func TestPartnersMissing(t *testing.T) {
	cases := []struct{ remove, want string }{
		{"kernels/conv3x3_test.go", tableFile + ":8: kernel conv3x3 has no kernels/conv3x3_test.go"},
		{"kernels/conv3x3_splitk.wgsl", tableFile + ":8: kernel conv3x3 has no kernels/conv3x3_splitk.wgsl"},
		{"kernels/vec_plain.go", "kernels/vec_simd.go:1: no kernels/vec.go"},
		{tableFile, tableFile + ":1: no kernels.Table found"},
	}
	for _, c := range cases {
		files := maps.Clone(kernelTree)
		delete(files, c.remove)
		expect(t, checkPartners, files, c.want)
	}
}

// TestDefinitionMissing takes away the plain loops, which the table, the fast version and both shaders ask for.
func TestDefinitionMissing(t *testing.T) {
	files := maps.Clone(kernelTree)
	delete(files, "kernels/conv3x3.go")
	found, err := checkPartners(plant(t, files))
	if err != nil || len(found) != 4 {
		t.Fatalf("got %v, %v; want one finding each for the table, the SIMD file and the two shaders", found, err)
	}
}

func TestShaderOutsideTheTable(t *testing.T) {
	files := maps.Clone(kernelTree)
	files["kernels/conv3x3_old.wgsl"] = ""
	expect(t, checkPartners, files, "kernels/conv3x3_old.wgsl:1: shader is not in kernels.Table")
}
