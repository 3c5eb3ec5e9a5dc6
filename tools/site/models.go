package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"unnoise/wasm/model"
)

// An entry is a model as the page's list has it, in models.json.
type entry struct {
	ID      string `json:"id"`      // the file's name without extension; what ?model= takes
	Title   string `json:"title"`   // for people
	File    string `json:"file"`    // address from the site's root, with the pack's version as its query
	Card    string `json:"card"`    // address of the model card, "" where there is none
	Preview string `json:"preview"` // address of a picture drawn when the site was built
	Bytes   int64  `json:"bytes"`
	Width   int    `json:"width"`
	Height  int    `json:"height"`
}

// previewSettings draw the picture that stands on the page until the visitor's own is there. A page opened for the first time
// draws the same one (site/page/settings.js).
var previewSettings = []string{"--sampler", "ddim", "--steps", "50", "--seed", "5", "--n", "1"}

// models copies the packs and their cards, draws a picture of each, and lists them by size: the page begins with the smallest.
func (b *builder) models() error {
	packs, err := filepath.Glob(b.source("weights", "models", "*.safetensors"))
	if err != nil {
		return err
	}
	if packs == nil {
		return errors.New("no models in weights/models")
	}
	var list []entry
	for _, pack := range packs {
		e, err := b.model(pack)
		if err != nil {
			return fmt.Errorf("%s: %w", pack, err)
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.Bytes, b.Bytes) })
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(b.out, "models.json"), append(text, '\n'))
}

func (b *builder) model(pack string) (entry, error) {
	data, err := os.ReadFile(pack)
	if err != nil {
		return entry{}, err
	}
	m, err := model.OpenBytes(data, filepath.Base(pack))
	if err != nil {
		return entry{}, err
	}
	id := strings.TrimSuffix(filepath.Base(pack), ".safetensors")
	version := m.ID()[:16]
	e := entry{ID: id, Title: title(m, id), File: "models/" + id + ".safetensors?v=" + version, Preview: "models/" + id + ".png",
		Bytes: int64(len(data)), Width: m.Net.Width, Height: m.Net.Height}
	if err := writeFile(b.place(id+".safetensors"), data); err != nil {
		return entry{}, err
	}
	if card := strings.TrimSuffix(pack, ".safetensors") + ".md"; exists(card) {
		e.Card = "models/" + id + ".md"
		if err := copyFile(b.place(id+".md"), card); err != nil {
			return entry{}, err
		}
	}
	return e, b.preview(pack, id, version)
}

func title(m *model.Model, id string) string {
	if name := m.Provenance.Get("name"); name != "" {
		return name
	}
	return id
}

// place is where a file of a model goes.
func (b *builder) place(name string) string { return filepath.Join(b.out, "models", name) }

// preview draws a picture by the native sampler, once for every version of the pack.
func (b *builder) preview(pack, id, version string) error {
	kept, err := filepath.Abs(filepath.Join(b.cache, id+"-"+version+strings.Join(previewSettings, "")+".png"))
	if err != nil {
		return err
	}
	if !exists(kept) {
		if err := os.MkdirAll(b.cache, 0o777); err != nil {
			return err
		}
		args := append([]string{"run", "./tools/sample", "--model", pack, "--out", kept}, previewSettings...)
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Stderr = b.root, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("drawing the preview: %w", err)
		}
	}
	return copyFile(b.place(id+".png"), kept)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
