package main

import (
	"os"
	"testing"
)

// What is in the tree is what this tool makes.
func TestFileIsFresh(t *testing.T) {
	have, err := os.ReadFile("../../site/lib/ztiles.js")
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != file() {
		t.Error("site/lib/ztiles.js is not what tools/tiles makes: run `go run ./tools/tiles`")
	}
}

// Numbers of several bytes, by the specification's own example (-123456) and around where another byte begins.
func TestLEB(t *testing.T) {
	for _, c := range []struct {
		got  []byte
		want string
	}{{uleb(127), "\x7f"}, {uleb(128), "\x80\x01"}, {uleb(624485), "\xe5\x8e\x26"}, {sleb(63), "\x3f"}, {sleb(64), "\xc0\x00"}, {sleb(-64), "\x40"}, {sleb(-65), "\xbf\x7f"}, {sleb(-123456), "\xc0\xbb\x78"}} {
		if string(c.got) != c.want {
			t.Errorf("% x, want % x", c.got, c.want)
		}
	}
}
