package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// output is a file under way: it is written beside its destination and renamed at the end, so that a failure leaves
// what was there.
type output struct {
	path string
	file *os.File
	// direct is a destination that is no regular file (a pipe, /dev/stdout): it is written as it is.
	direct bool
}

// outputs are the files that a command writes: all of them or none.
type outputs []*output

// createOutputs opens outputs before the work starts, since an hour's chain should not end at a folder that cannot be
// written. An empty path is skipped. Writing over an input or twice to one file is an error.
func createOutputs(paths []string, inputs ...string) (outputs, error) {
	var list outputs
	taken := inputs
	for _, path := range paths {
		if path == "" {
			continue
		}
		o, err := createOutput(path, taken)
		if err != nil {
			list.discard()
			return nil, err
		}
		list = append(list, o)
		taken = append(taken, path)
	}
	return list, nil
}

func createOutput(path string, taken []string) (*output, error) {
	for _, other := range taken {
		if same(path, other) {
			return nil, fmt.Errorf("%s: would write over %s: choose another output", path, other)
		}
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, errors.New(path + ": is a folder, expected a file to write")
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &output{path, f, true}, unwritable(path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".sample-*")
	return &output{path, f, false}, unwritable(path, err)
}

func unwritable(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: cannot be written: %w", path, reason(err))
}

// same says whether two paths are one file, existing or not.
func same(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return x.Mode().IsRegular() && os.SameFile(x, y)
	}
	return errX != nil && errY != nil && filepath.Clean(a) == filepath.Clean(b)
}

// commit writes one content to each output; none appears unless all could be written.
func (list outputs) commit(ctx context.Context, contents ...[]byte) error {
	for i, o := range list {
		if err := o.write(contents[i]); err != nil {
			return unwritable(o.path, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, o := range list {
		if o.direct {
			continue
		}
		if err := os.Rename(o.file.Name(), o.path); err != nil {
			return unwritable(o.path, err)
		}
	}
	return nil
}

func (o *output) write(content []byte) error {
	_, err := o.file.Write(content)
	if err == nil && !o.direct {
		err = o.file.Chmod(0o644)
	}
	return errors.Join(err, o.file.Close())
}

// discard removes what was not committed.
func (list outputs) discard() {
	for _, o := range list {
		o.file.Close()
		if !o.direct {
			os.Remove(o.file.Name())
		}
	}
}
