package main

import "testing"

func TestNothingHeavyReached(t *testing.T) {
	expect(t, checkReach, map[string]string{
		"wasm/main.go":      "package main\nimport _ \"strconv\"\nimport _ \"unnoise/weights\"\nfunc main() {}",
		"weights/a.go":      "package weights\nimport _ \"errors\"",
		"weights/a_test.go": "package weights\nimport _ \"fmt\"",
		"tools/x/main.go":   "package main\nimport _ \"fmt\"\nfunc main() {}",
	})
}

// TestHeavyThroughOthers plants a package that brings fmt along without naming it.
func TestHeavyThroughOthers(t *testing.T) {
	expect(t, checkReach, map[string]string{
		"wasm/main.go": "package main\nimport _ \"unnoise/weights\"\nfunc main() {}",
		"weights/a.go": "package weights\n\nimport _ \"encoding/hex\"",
	}, "weights/a.go:3: the module reaches fmt by unnoise/wasm > unnoise/weights > encoding/hex > fmt")
}

func TestNoProgram(t *testing.T) {
	expect(t, checkReach, map[string]string{"weights/a.go": "package weights"}, "go.mod:1: no package in wasm/")
}
