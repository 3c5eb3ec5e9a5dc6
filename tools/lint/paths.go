package main

import (
	"bytes"
	"regexp"
)

// machinePath finds absolute paths of somebody's own machine. They are put together here so that this file is clean.
var machinePath = regexp.MustCompile(`(^|[^\w.\-/])` + `/(` + `root|work|home/\w+|tmp/bash_jobs` + `)/`)

// checkPaths looks through every text file of the tree for paths that exist on one machine only.
func checkPaths(t *tree) ([]finding, error) {
	var found []finding
	for _, file := range t.files {
		content, err := t.read(file)
		if err != nil {
			return nil, err
		}
		if bytes.IndexByte(content, 0) >= 0 {
			continue // not text
		}
		for i, line := range bytes.Split(content, []byte("\n")) {
			if hit := machinePath.Find(line); hit != nil {
				found = append(found, finding{file, i + 1, "path " + string(bytes.TrimSpace(hit)) + "... of one machine",
					"it means nothing anywhere else", "use a path from the root of the tree, or a flag"})
			}
		}
	}
	return found, nil
}
