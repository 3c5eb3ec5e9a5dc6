package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// output is a pack being written: its data goes to a temporary file beside the destination; at the end header and data make another,
// which is renamed. Whatever goes wrong, what was at the destination stays and nothing else is left.
type output struct {
	*os.File
	dst string
}

func newOutput(dst string) (*output, error) {
	if info, err := os.Stat(dst); err == nil && info.IsDir() {
		return nil, errors.New(dst + ": is a folder: name the file to write")
	}
	f, err := os.CreateTemp(filepath.Dir(dst), ".convert-*")
	if err != nil {
		return nil, cannotWrite(dst, err)
	}
	return &output{f, dst}, nil
}

// discard removes the data.
func (o *output) discard() {
	o.Close()
	os.Remove(o.Name())
}

// finish writes the pack.
func (o *output) finish(ctx context.Context, header []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(o.dst), ".convert-*")
	if err != nil {
		return cannotWrite(o.dst, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(header); err != nil {
		return cannotWrite(o.dst, err)
	}
	if _, err = o.Seek(0, io.SeekStart); err != nil {
		return cannotWrite(o.dst, err)
	}
	if _, err = io.Copy(f, o.File); err != nil {
		return cannotWrite(o.dst, err)
	}
	if err = f.Close(); err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = os.Rename(f.Name(), o.dst)
	}
	return err
}

func cannotWrite(dst string, err error) error {
	return errors.New(dst + ": cannot be written: " + err.Error())
}
