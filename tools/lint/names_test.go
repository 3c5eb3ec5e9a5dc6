package main

import "testing"

func TestNames(t *testing.T) {
	expect(t, checkNames, map[string]string{
		"a/bind_js.go":        "//go:build js\n\npackage a",
		"a/js.go":             "package a",
		"a/value_js.go":       "package a",
		"a/dot_amd64_test.go": "package a",
	},
		"a/dot_amd64_test.go:1: the name ends in _amd64",
		"a/value_js.go:1: the name ends in _js and there is no //go:build line")
}
