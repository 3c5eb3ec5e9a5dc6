//go:build js && wasm

package webgpu

import "strings"

// Tunings are the quickest tiles that were found, for every adapter and shape of convolution. They are worth keeping between visits, as
// text, and may be wrong without harm: a name that stands for no tile of a shape is passed over.
type Tunings struct {
	version string
	text    string // a line each: key, tab, name
}

// ParseTunings reads what String gave for the same version of the shaders; anything else is no tunings.
func ParseTunings(version, text string) *Tunings {
	if first, rest, _ := strings.Cut(text, "\n"); first == version && rest != "" {
		return &Tunings{version, "\n" + rest}
	}
	return &Tunings{version: version}
}

// String is the tunings as text; "" where there are none.
func (t *Tunings) String() string {
	if t.text == "" {
		return ""
	}
	return t.version + t.text
}

// find is what was added for a key last; "" for nothing.
func (t *Tunings) find(key string) string {
	line := "\n" + key + "\t"
	at := strings.LastIndex(t.text, line)
	if at < 0 {
		return ""
	}
	name, _, _ := strings.Cut(t.text[at+len(line):], "\n")
	return name
}

func (t *Tunings) add(key, name string) { t.text += "\n" + key + "\t" + name }

// tuningKey names a shape on the adapter. Its name is the browser's and may be anything, but has no line of its own.
func (e *Engine) tuningKey(shape string) string {
	name, _, _ := strings.Cut(e.info.String(), "\n")
	return name + "\t" + shape
}

// tuned is the name of the tile found for a shape; "" where none was looked for.
func (e *Engine) tuned(shape string) string {
	if e.tunings == nil {
		return ""
	}
	return e.tunings.find(e.tuningKey(shape))
}
