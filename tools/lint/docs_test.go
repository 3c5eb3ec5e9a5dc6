package main

import "testing"

func TestDocsPresent(t *testing.T) {
	expect(t, checkDocs, map[string]string{
		"a/a.go": "// Package a is a.\npackage a\n\n// F does.\nfunc F() {}\n\n// These are few.\nconst (\n\tA = 1\n\tB = 2\n)\n\n" +
			"// T is.\ntype T int\n\nfunc (T) String() string { return \"\" }\n\ntype inner int\n\nfunc (inner) M() {}\n",
		"a/b.go":      "package a\n\nvar (\n\tC = 1 // is one\n)\n",
		"a/a_test.go": "package a\n\nfunc TestX() {}\n",
	})
}

func TestDocsMissing(t *testing.T) {
	expect(t, checkDocs, map[string]string{
		"a/a.go": "package a\n\nfunc F() {}\n\ntype T int\n\nfunc (t *T) M() {}\n\nvar V = 1\n\n// A group.\ntype (\n\tU int\n)\n",
	},
		"a/a.go:3: F has no doc comment", "a/a.go:5: T has", "a/a.go:7: M has", "a/a.go:9: V has", "a/a.go:13: U has",
		"a/a.go:1: package a has no package comment")
}
