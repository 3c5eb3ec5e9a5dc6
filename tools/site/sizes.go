package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/andybalholm/brotli"
)

// budget is what everything but the models may weigh as a good server sends it (brotli): a few seconds on a slow phone.
const budget = 1_000_000

// A size is the length of a part in bytes: as it is, and as servers compress it.
type size struct{ raw, gzip, brotli int }

func (s *size) add(o size) { s.raw, s.gzip, s.brotli = s.raw+o.raw, s.gzip+o.gzip, s.brotli+o.brotli }

// A part is a row of the table of sizes.
type part struct {
	name string
	size size
}

// A table has the sizes of a site's files, largest worries first: the packs are counted apart.
type table struct {
	parts                []part
	total, later, models size
}

func measure(dir string) (*table, error) {
	t := &table{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if isPack(path) {
			// Weights are noise to a compressor, and servers do not compress them.
			t.models.add(size{len(data), len(data), len(data)})
			return nil
		}
		s, err := compressed(data)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		t.parts = append(t.parts, part{filepath.ToSlash(name), s})
		if isOnDemand(filepath.ToSlash(name)) {
			t.later.add(s)
		} else {
			t.total.add(s)
		}
		return err
	})
	return t, err
}

func compressed(data []byte) (size, error) {
	var zipped, brotlied bytes.Buffer
	z, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return size{}, err
	}
	b := brotli.NewWriterLevel(&brotlied, brotli.BestCompression)
	for _, w := range []io.WriteCloser{z, b} {
		if _, err := w.Write(data); err != nil {
			return size{}, err
		}
		if err := w.Close(); err != nil {
			return size{}, err
		}
	}
	return size{len(data), zipped.Len(), brotlied.Len()}, nil
}

func (t *table) print(w io.Writer) {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tab, "raw\tgzip\tbrotli\t  bytes")
	row := func(name string, s size) { fmt.Fprintf(tab, "%d\t%d\t%d\t  %s\n", s.raw, s.gzip, s.brotli, name) }
	for _, p := range t.parts {
		row(p.name, p.size)
	}
	row("all but the models", t.total)
	row("fetched when needed", t.later)
	row("models", t.models)
	tab.Flush()
}

func (t *table) check() error {
	if t.total.brotli > budget {
		return fmt.Errorf("everything but the models takes %d bytes by brotli, %d more than its budget of %d",
			t.total.brotli, t.total.brotli-budget, budget)
	}
	return nil
}
