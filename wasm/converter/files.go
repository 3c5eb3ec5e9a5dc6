//go:build js && wasm

package main

import (
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall/js"
	"time"
)

// files are what was dropped on the page, as a file system.
type files struct {
	hooks js.Value
	list  []entry
}

// entry is a file: i is its number in JavaScript.
type entry struct {
	i    int
	name string
	size int64
}

// newFiles takes away the folder that all paths begin with.
func newFiles(list, hooks js.Value) *files {
	f := &files{hooks: hooks}
	for i := range list.Length() {
		v := list.Index(i)
		f.list = append(f.list, entry{i, path.Clean(strings.TrimLeft(v.Get("path").String(), "/")), int64(v.Get("size").Float())})
	}
	for again := len(f.list) > 0; again; {
		top, _, found := strings.Cut(f.list[0].name, "/")
		again = found && top != "unet" && top != "unet_ema" && top != "scheduler"
		for _, e := range f.list {
			again = again && strings.HasPrefix(e.name, top+"/")
		}
		for i := range f.list {
			if again {
				f.list[i].name = strings.TrimPrefix(f.list[i].name, top+"/")
			}
		}
	}
	return f
}

// only is the name of the single file there is, "" where there are more: it holds the weights, whatever it is called.
func (f *files) only() string {
	if len(f.list) == 1 {
		return f.list[0].name
	}
	return ""
}

func (f *files) find(name string) (entry, bool) {
	i := slices.IndexFunc(f.list, func(e entry) bool { return e.name == name })
	if i < 0 {
		return entry{}, false
	}
	return f.list[i], true
}

// Open implements fs.FS.
func (f *files) Open(name string) (fs.File, error) {
	e, ok := f.find(name)
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &file{entry: e, hooks: f.hooks}, nil
}

// ReadDir implements fs.ReadDirFS; folders are left out.
func (f *files) ReadDir(name string) ([]fs.DirEntry, error) {
	var list []fs.DirEntry
	for _, e := range f.list {
		if path.Dir(e.name) == name {
			list = append(list, fs.FileInfoToDirEntry(e))
		}
	}
	return list, nil
}

// entry implements fs.FileInfo.

func (e entry) Name() string       { return path.Base(e.name) }
func (e entry) Size() int64        { return e.size }
func (e entry) Mode() fs.FileMode  { return 0o444 }
func (e entry) ModTime() time.Time { return time.Time{} }
func (e entry) IsDir() bool        { return false }
func (e entry) Sys() any           { return nil }

// file is an open file.
type file struct {
	entry
	hooks js.Value
	at    int64
}

func (f *file) Stat() (fs.FileInfo, error) { return f.entry, nil }
func (f *file) Close() error               { return nil }

func (f *file) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p[:min(len(p), 1<<20)], f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt implements io.ReaderAt.
func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	return copyOut(p, offset, f.size, func(n int) js.Value { return f.hooks.Call("read", f.i, float64(offset), n) })
}

// copyOut copies what get answers, for as much of p as there is.
func copyOut(p []byte, offset, size int64, get func(n int) js.Value) (int, error) {
	n := int(min(int64(len(p)), max(size-offset, 0)))
	if n > 0 {
		n = js.CopyBytesToGo(p[:n], get(n))
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
