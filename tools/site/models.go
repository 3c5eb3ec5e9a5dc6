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
	"strconv"
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
	Sheet   string `json:"sheet"`   // address of a sheet of sixteen, fetched when it is looked at
	Bytes   int64  `json:"bytes"`
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	About   about  `json:"about"`
}

// about is what a model's card in the list tells without the pack.
type about struct {
	Data       string `json:"data"`
	Licence    string `json:"licence"`
	Channels   int    `json:"channels"`
	Classes    int    `json:"classes"`
	Parameters int64  `json:"parameters"`
	MACs       int64  `json:"macs"` // products of a step of one picture
}

// previewSettings draw the picture that stands on the page until the visitor's own is there. A page opened for the first time
// draws the same one (site/page/sample/settings.js): where a class can be left open, the seed chooses it.
func previewSettings(m *model.Model) []string {
	const seed = 5
	settings := proposed(seed, 1)
	if !guided(m) {
		return settings
	}
	return append(settings, classSettings(m, seed, 1)...)
}

// proposed are the settings that the page proposes, for n pictures.
func proposed(seed, n int) []string {
	return []string{"--sampler", "ddim", "--steps", "50", "--eta", "1", "--seed", strconv.Itoa(seed), "--n", strconv.Itoa(n)}
}

// sheetPictures are on the sheet of a model's card.
const sheetPictures = 16

// sheetSettings draw that sheet: a model with classes shows them in turn.
func sheetSettings(m *model.Model) []string {
	settings := proposed(1, sheetPictures)
	if classes(m) == 0 {
		return settings
	}
	return append(settings, classSettings(m, 0, sheetPictures)...)
}

// classSettings ask for n pictures of one class after the other, as the page does, with the guidance it proposes where the model has
// a label for none.
func classSettings(m *model.Model, first, n int) (settings []string) {
	if guided(m) {
		settings = append(settings, "--guidance", "2")
	}
	labels := make([]string, n)
	for i := range labels {
		labels[i] = strconv.Itoa((first + i) % classes(m))
	}
	return append(settings, "--labels", strings.Join(labels, ","))
}

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
		Sheet: "sheets/" + id + ".png", Bytes: int64(len(data)), Width: m.Net.Width, Height: m.Net.Height, About: aboutOf(m)}
	if err := writeFile(b.place(id+".safetensors"), data); err != nil {
		return entry{}, err
	}
	if card := strings.TrimSuffix(pack, ".safetensors") + ".md"; exists(card) {
		e.Card = "models/" + id + ".md"
		if err := copyFile(b.place(id+".md"), card); err != nil {
			return entry{}, err
		}
	}
	if err := b.draw(pack, id+"-"+version, previewSettings(m), b.place(id+".png")); err != nil {
		return entry{}, err
	}
	return e, b.draw(pack, id+"-"+version, sheetSettings(m), filepath.Join(b.out, "sheets", id+".png"))
}

func aboutOf(m *model.Model) about {
	return about{Data: m.Provenance.Get("data"), Licence: m.Provenance.Get("licence"), Channels: m.Net.InChannels, Classes: classes(m),
		Parameters: int64(m.Parameters()), MACs: int64(m.Plan.MACs())}
}

// guided is whether the class of a picture can be left open.
func guided(m *model.Model) bool { return classes(m) > 0 && m.Net.NullLabel >= 0 }

// classes is how many classes can be asked for: the label of none, the last, is no class.
func classes(m *model.Model) int {
	if m.Net.NullLabel >= 0 {
		return m.Net.Classes - 1
	}
	return m.Net.Classes
}

func title(m *model.Model, id string) string {
	if name := m.Provenance.Get("name"); name != "" {
		return name
	}
	return id
}

// place is where a file of a model goes.
func (b *builder) place(name string) string { return filepath.Join(b.out, "models", name) }

// draw draws pictures by the native sampler, once for every version of the pack.
func (b *builder) draw(pack, version string, settings []string, out string) error {
	kept := filepath.Join(b.cache, version+strings.Join(settings, "")+".png")
	if exists(kept) {
		return copyFile(out, kept)
	}
	target, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return err
	}
	args := append([]string{"run", "./tools/sample", "--model", pack, "--out", target}, settings...)
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stderr = b.root, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("drawing with %s: %w", filepath.Base(pack), err)
	}
	// Whole or not at all: another build may look for it.
	part := kept + "." + filepath.Base(b.out)
	if err := copyFile(part, out); err != nil {
		return err
	}
	return os.Rename(part, kept)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
