package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// How the page's scripts name the library and the converter: files of their own, which other pages can use as well.
const (
	libraryPath   = "../lib/unnoise.js"
	converterPath = "../convert/convert.js"
)

// onDemand are the folders of what is fetched when it is needed: it is no part of a visit, nor of what is kept for the next.
var onDemand = []string{converterDir, "sheets/", "page/data/"}

const converterDir = "convert/"

// isOnDemand says whether a file of the site, by its path from there, is in one of them.
func isOnDemand(name string) bool {
	return slices.ContainsFunc(onDemand, func(dir string) bool { return strings.HasPrefix(name, dir) })
}

// scripts bundles and minifies the library, its worker, the page's scripts and its style sheet.
func (b *builder) scripts() error {
	err := b.bundle(api.BuildOptions{
		EntryPoints: []string{b.source("site", "lib", "unnoise.js"), b.source("site", "lib", "worker.js")},
		Outdir:      filepath.Join(b.out, "lib"),
	})
	if err != nil {
		return err
	}
	err = b.bundle(api.BuildOptions{
		EntryPoints: []string{b.source("site", "convert", "convert.js"), b.source("site", "convert", "worker.js")},
		Outdir:      filepath.Join(b.out, "convert"),
	})
	if err != nil {
		return err
	}
	return b.bundle(api.BuildOptions{
		EntryPoints: []string{b.source("site", "page", "main.js"), b.source("site", "page", "page.css")},
		Outdir:      filepath.Join(b.out, "page"),
		External:    []string{libraryPath, converterPath},
		// Views are fetched when they are opened. Their files stand beside main.js, so that the two paths above hold for all.
		Splitting: true,
	})
}

// bundle runs esbuild with the options that all parts share.
func (b *builder) bundle(options api.BuildOptions) error {
	options.Bundle, options.Write = true, true
	options.MinifyWhitespace, options.MinifySyntax, options.MinifyIdentifiers = true, true, true
	options.Format, options.Target, options.Charset = api.FormatESModule, api.ES2022, api.CharsetUTF8
	options.LogLevel = api.LogLevelSilent
	result := api.Build(options)
	var problems []string
	for _, m := range append(result.Errors, result.Warnings...) {
		where := ""
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		problems = append(problems, where+m.Text)
	}
	if problems != nil {
		return errors.New(strings.Join(problems, "\n"))
	}
	return nil
}

// pages copies what needs no work: the document, its icon and the data of Learn's figures.
func (b *builder) pages() error {
	for _, name := range []string{"index.html", "icon.svg"} {
		if err := copyFile(filepath.Join(b.out, name), b.source("site", name)); err != nil {
			return err
		}
	}
	data := b.source("site", "page", "data")
	if !exists(data) {
		// So that asking for it is no error.
		return writeFile(filepath.Join(b.out, "page", "data", "ablation.json"), []byte(`{"rows": []}`))
	}
	return os.CopyFS(filepath.Join(b.out, "page", "data"), os.DirFS(data))
}

// serviceWorker writes sw.js, which has to know every file of the site but the models, and a version that changes with
// any of them.
func (b *builder) serviceWorker() error {
	files, version, err := contents(b.out)
	if err != nil {
		return err
	}
	var kept, later []string
	for _, name := range files {
		if isOnDemand(name) {
			later = append(later, name)
		} else {
			kept = append(kept, name)
		}
	}
	list, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	laterList, err := json.Marshal(later)
	if err != nil {
		return err
	}
	return b.bundle(api.BuildOptions{
		EntryPoints: []string{b.source("site", "sw.js")},
		Outdir:      b.out,
		Define:      map[string]string{"SITE_FILES": string(list), "SITE_LATER": string(laterList), "SITE_VERSION": `"` + version + `"`},
	})
}

// contents lists the site's files but the packs, and hashes them together.
func contents(dir string) (files []string, version string, err error) {
	sum := newHash()
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || isPack(path) {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files = append(files, filepath.ToSlash(name))
		sum.add(name, data)
		return nil
	})
	return files, sum.text(), err
}

func isPack(path string) bool { return strings.HasSuffix(path, ".safetensors") }
