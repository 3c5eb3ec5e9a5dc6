package main

import "testing"

func TestPaths(t *testing.T) {
	slash := "/"
	expect(t, checkPaths, map[string]string{
		"a.md":   "see site/work/x and https://example.org/root/x\nrun " + slash + "work/some/x\n",
		"b.bin":  "\x00" + slash + "root/x",
		"c.json": "{\"dir\": \"" + slash + "root/x\"}",
	}, "a.md:2: path "+slash+"work/", "c.json:1: path \""+slash+"root/")
}
