package checkpoint

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"unnoise/weights/jsontree"
)

// Settings are a training program's hyper-parameters under its own names.
type Settings struct {
	// From is where they come from, for messages and the provenance: a file's name, or "preset NAME".
	From   string
	object *jsontree.Object
	used   map[string]bool
	err    error
}

// NewSettings reads a file of settings, JSON or YAML; name is used in messages.
func NewSettings(data []byte, name string) (*Settings, error) {
	if len(data) > maxConfig {
		return nil, errors.New(name + ": is " + strconv.Itoa(len(data)) + " bytes long, a configuration has at most " + strconv.Itoa(maxConfig))
	}
	read := parseYAML
	if text := strings.TrimSpace(string(data)); strings.HasPrefix(text, "{") {
		read = jsontree.ParseObject
	}
	o, err := read(data)
	if err != nil {
		return nil, errors.New(name + ": " + err.Error())
	}
	return &Settings{From: name, object: o, used: map[string]bool{}}, nil
}

// settingFiles are looked for beside the weights.
var settingFiles = []string{"flags.json", "flags.yml", "flags.yaml", "config.yml", "config.yaml"}

// findSettings takes the settings given, or those of a file beside the weights, and says so; nil where there are none.
func (c *Checkpoint) findSettings(fsys fs.FS, dir string, given *Settings) (*Settings, error) {
	if given != nil {
		c.Settings = given.From
		return given, nil
	}
	for _, name := range settingFiles {
		name = path.Join(dir, name)
		if !exists(fsys, name) {
			continue
		}
		data, err := readFile(fsys, name)
		if err != nil {
			return nil, err
		}
		c.Settings = name
		c.Notes = append(c.Notes, "hyper-parameters from "+name)
		return NewSettings(data, name)
	}
	return &Settings{From: "no settings", object: jsontree.NewObject(), used: map[string]bool{}}, nil
}

// find gives the value of the first key that is there; a dot goes into an object.
func (s *Settings) find(keys ...string) (any, string) {
	for _, key := range keys {
		o := s.object
		parts := strings.Split(key, ".")
		for i, part := range parts {
			v := o.Values[part]
			if i == len(parts)-1 && v != nil {
				s.used[key] = true
				return v, key
			}
			inner, ok := v.(*jsontree.Object)
			if !ok {
				break
			}
			o = inner
		}
	}
	return nil, ""
}

func (s *Settings) fail(key, expected string, found any) {
	if s.err == nil {
		s.err = errors.New(s.From + ": " + strconv.Quote(key) + " must be " + expected + ", found " + jsontree.Text(found))
	}
}

// has says whether one of the keys is there.
func (s *Settings) has(keys ...string) bool {
	v, _ := s.find(keys...)
	return v != nil
}

// int reads a whole number, def where it is absent.
func (s *Settings) int(def int, keys ...string) int {
	return number(s, def, "a whole number", (*jsontree.Fields).Int, keys)
}

func (s *Settings) float(def float64, keys ...string) float64 {
	return number(s, def, "a number", (*jsontree.Fields).Float, keys)
}

// number reads a number by one of jsontree's readers; command lines and YAML may have it as text.
func number[T any](s *Settings, def T, expected string, read func(*jsontree.Fields, string, T) T, keys []string) T {
	v, key := s.find(keys...)
	if v == nil {
		return def
	}
	if text, ok := v.(string); ok {
		v = jsontree.Number(text)
	}
	f := jsontree.NewObject().Set("v", v).Fields("")
	x := read(f, "v", def)
	if f.Err() != nil {
		s.fail(key, expected, v)
	}
	return x
}

// bool reads a truth value as command lines write it.
func (s *Settings) bool(def bool, keys ...string) bool {
	v, key := s.find(keys...)
	switch v := v.(type) {
	case nil:
		return def
	case bool:
		return v
	case string:
		switch strings.ToLower(v) {
		case "true", "yes", "1":
			return true
		case "false", "no", "0":
			return false
		}
	}
	s.fail(key, "true or false", v)
	return def
}

func (s *Settings) text(def string, keys ...string) string {
	v, key := s.find(keys...)
	if v == nil {
		return def
	}
	text, ok := v.(string)
	if !ok {
		s.fail(key, "a string", v)
	}
	return text
}

// floats reads a list of numbers, or one that a command line writes with commas; nil where it is absent or empty.
func (s *Settings) floats(keys ...string) []float64 {
	v, key := s.find(keys...)
	var list []any
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		list = v
	case string:
		for _, part := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(", ()[]", r) }) {
			list = append(list, jsontree.Number(part))
		}
	default:
		list = []any{v}
	}
	f := jsontree.NewObject().Set("v", list).Fields("")
	out := f.Floats("v")
	if f.Err() != nil {
		s.fail(key, "a list of numbers", v)
	}
	return out
}

// unused notes the top-level keys nobody asked for.
func (s *Settings) unused(c *Checkpoint) {
	var keys []string
	for _, k := range s.object.Keys {
		if _, group := s.object.Values[k].(*jsontree.Object); !s.used[k] && !group {
			keys = append(keys, k)
		}
	}
	if slices.Sort(keys); len(keys) > 0 {
		c.Notes = append(c.Notes, s.From+": passed over "+strings.Join(keys, ", "))
	}
}

// ask refuses to guess: missing are the hyper-parameters that neither tensors nor settings tell.
func (c *Checkpoint) ask(missing []string, presets string) error {
	if len(missing) == 0 {
		return nil
	}
	return errors.New(c.Files[0] + ": its tensors do not tell " + strings.Join(missing, ", ") + ": write them into flags.json beside it, or give --flags FILE, or --preset " + presets)
}

// agree compares what a setting claims with what the tensors have.
func (c *Checkpoint) agree(s *Settings, key string, claimed, found any) {
	if c, f := jsontree.Text(claimed), jsontree.Text(found); c != f {
		if s.err == nil {
			s.err = errors.New(s.From + ": " + strconv.Quote(key) + " is " + c + ", but the tensors have " + f + ": are these the settings of this model?")
		}
	}
}
