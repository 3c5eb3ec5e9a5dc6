package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// No build takes as long: what is older was left by one that was killed.
const abandoned = 6 * time.Hour

// whole has fill make a folder beside its place and moves it there at the end, so that a failed build changes nothing. Each of
// several builds at once has a folder of its own; the last to end stays.
func whole(out string, fill func(fresh string) error) error {
	out = filepath.Clean(out)
	if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
		return err
	}
	if err := sweep(out); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(out), filepath.Base(out)+".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	// A web server may be another user.
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	if err := fill(fresh); err != nil {
		return err
	}
	return replace(fresh, out)
}

// sweep removes the folders of builds that were killed.
func sweep(out string) error {
	left, err := filepath.Glob(out + ".new-*")
	if err != nil {
		return err
	}
	for _, dir := range left {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > abandoned {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// replace moves a folder to a place, where another build may put its own at the same moment.
func replace(fresh, out string) error {
	old := fresh + ".old"
	defer os.RemoveAll(old)
	for {
		if err := os.Rename(out, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.RemoveAll(old); err != nil {
			return err
		}
		// fs.ErrExist: the place was taken meanwhile.
		if err := os.Rename(fresh, out); !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}
