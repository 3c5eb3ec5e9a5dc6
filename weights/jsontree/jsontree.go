// Package jsontree reads and writes JSON as a tree, on top of encoding/json/jsontext: no reflection, so that it costs
// little in a WebAssembly module. Duplicate keys, trailing data and invalid UTF-8 are errors.
package jsontree

import (
	"bytes"
	"encoding/json/jsontext"
	"errors"
	"io"
	"strconv"
)

// Number is a JSON number as written.
type Number string

// Object is a JSON object that keeps the order of its members.
type Object struct {
	Keys   []string
	Values map[string]any
}

// NewObject is an empty object.
func NewObject() *Object { return &Object{Values: map[string]any{}} }

// Set adds or replaces a member: nil, bool, string, int, float64, Number, []any or *Object.
func (o *Object) Set(key string, value any) *Object {
	if _, ok := o.Values[key]; !ok {
		o.Keys = append(o.Keys, key)
	}
	o.Values[key] = value
	return o
}

// maxDepth bounds nesting: no file read here needs more than a few levels.
const maxDepth = 64

// Parse reads one JSON value: nil, bool, string, Number, []any or *Object.
func Parse(data []byte) (any, error) {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	v, err := value(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, errors.New("json: more data behind the value")
	}
	return v, nil
}

// ParseObject is Parse for a text that must be an object.
func ParseObject(data []byte) (*Object, error) {
	v, err := Parse(data)
	if err != nil {
		return nil, err
	}
	o, ok := v.(*Object)
	if !ok {
		return nil, errors.New("json: expected an object")
	}
	return o, nil
}

func value(d *jsontext.Decoder) (any, error) {
	if d.StackDepth() > maxDepth {
		return nil, errors.New("json: nested deeper than " + strconv.Itoa(maxDepth))
	}
	t, err := d.ReadToken()
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	switch t.Kind() {
	case '{':
		return object(d)
	case '[':
		return array(d)
	case '"':
		return t.String(), nil
	case '0':
		return Number(t.String()), nil
	case 't', 'f':
		return t.Bool(), nil
	}
	return nil, nil
}

func object(d *jsontext.Decoder) (any, error) {
	o := NewObject()
	for d.PeekKind() != '}' {
		key, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		name := key.String()
		v, err := value(d)
		if err != nil {
			return nil, err
		}
		o.Set(name, v)
	}
	_, err := d.ReadToken()
	return o, err
}

func array(d *jsontext.Decoder) (any, error) {
	list := []any{}
	for d.PeekKind() != ']' {
		v, err := value(d)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.ReadToken()
	return list, err
}
