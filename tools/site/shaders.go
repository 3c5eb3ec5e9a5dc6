package main

import (
	"bytes"
	"io/fs"
	"regexp"
)

var comment = regexp.MustCompile(`//[^\n]*`)

// blankComments takes the comments of shaders, the WGSL files in a folder, out of a program that holds them: browsers pass them over, and
// they are a third of what shaders add to the download. Blanks stay in their place, so that nothing moves.
func blankComments(program []byte, shaders fs.FS) ([]byte, error) {
	names, err := fs.Glob(shaders, "*.wgsl")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		code, err := fs.ReadFile(shaders, name)
		if err != nil {
			return nil, err
		}
		blank := comment.ReplaceAllFunc(code, func(text []byte) []byte { return bytes.Repeat([]byte{' '}, len(text)) })
		program = bytes.ReplaceAll(program, code, blank)
	}
	return program, nil
}
