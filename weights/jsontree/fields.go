package jsontree

import (
	"errors"
	"strconv"
)

// Fields reads an object's members with their types and keeps the first error, so that a caller asks for everything and
// looks once.
type Fields struct {
	o    *Object
	what string
	err  *error
	used map[string]bool
}

// Fields starts reading; what names the object in errors ("scheduler_config.json").
func (o *Object) Fields(what string) *Fields {
	return &Fields{o: o, what: what, err: new(error), used: map[string]bool{}}
}

// Err is the first thing that was wrong.
func (f *Fields) Err() error { return *f.err }

// Has says whether the key is present and not null.
func (f *Fields) Has(key string) bool {
	f.used[key] = true
	return f.o.Values[key] != nil
}

// Present says whether the key is there, even as null.
func (f *Fields) Present(key string) bool {
	f.used[key] = true
	_, ok := f.o.Values[key]
	return ok
}

// Unused lists the keys nobody asked for, in order.
func (f *Fields) Unused() []string {
	var list []string
	for _, k := range f.o.Keys {
		if !f.used[k] {
			list = append(list, k)
		}
	}
	return list
}

func (f *Fields) fail(key, expected string) {
	if *f.err == nil {
		*f.err = errors.New(f.what + ": " + strconv.Quote(key) + " must be " + expected + ", found " + Text(f.o.Values[key]))
	}
}

// Int reads a whole number; missing or null gives def.
func (f *Fields) Int(key string, def int) int {
	if !f.Has(key) {
		return def
	}
	if n, ok := asInt(f.o.Values[key]); ok {
		return n
	}
	f.fail(key, "a whole number")
	return def
}

func asInt(v any) (int, bool) {
	switch n := v.(type) {
	case int:
		return n, true
	case Number:
		i, err := strconv.ParseInt(string(n), 10, 53)
		if err != nil {
			x, ferr := strconv.ParseFloat(string(n), 64)
			if ferr != nil || x != float64(int64(x)) || x > 1<<53 || x < -(1<<53) {
				return 0, false
			}
			return int(x), true
		}
		return int(i), true
	}
	return 0, false
}

// Float reads a number; missing or null gives def.
func (f *Fields) Float(key string, def float64) float64 {
	if !f.Has(key) {
		return def
	}
	if x, ok := asFloat(f.o.Values[key]); ok {
		return x
	}
	f.fail(key, "a number")
	return def
}

func asFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case Number:
		x, err := strconv.ParseFloat(string(n), 64)
		return x, err == nil
	}
	return 0, false
}

// Bool reads a truth value; missing or null gives def.
func (f *Fields) Bool(key string, def bool) bool {
	if !f.Has(key) {
		return def
	}
	b, ok := f.o.Values[key].(bool)
	if !ok {
		f.fail(key, "true or false")
	}
	return b
}

// String reads a string; missing or null gives def.
func (f *Fields) String(key, def string) string {
	if !f.Has(key) {
		return def
	}
	s, ok := f.o.Values[key].(string)
	if !ok {
		f.fail(key, "a string")
	}
	return s
}

// Array reads a list; missing or null gives nil.
func (f *Fields) Array(key string) []any {
	if !f.Has(key) {
		return nil
	}
	list, ok := f.o.Values[key].([]any)
	if !ok {
		f.fail(key, "a list")
	}
	return list
}

// Ints reads a list of whole numbers.
func (f *Fields) Ints(key string) []int {
	var out []int
	for _, v := range f.Array(key) {
		n, ok := asInt(v)
		if !ok {
			f.fail(key, "a list of whole numbers")
		}
		out = append(out, n)
	}
	return out
}

// Floats reads a list of numbers.
func (f *Fields) Floats(key string) []float64 {
	var out []float64
	for _, v := range f.Array(key) {
		x, ok := asFloat(v)
		if !ok {
			f.fail(key, "a list of numbers")
		}
		out = append(out, x)
	}
	return out
}

// Strings reads a list of strings.
func (f *Fields) Strings(key string) []string {
	var out []string
	for _, v := range f.Array(key) {
		s, ok := v.(string)
		if !ok {
			f.fail(key, "a list of strings")
		}
		out = append(out, s)
	}
	return out
}

// Object reads an object; missing or null gives nil. Its errors are reported by f as well.
func (f *Fields) Object(key string) *Fields {
	if !f.Has(key) {
		return nil
	}
	o, ok := f.o.Values[key].(*Object)
	if !ok {
		f.fail(key, "an object")
		return nil
	}
	return &Fields{o: o, what: f.what + ": " + key, err: f.err, used: map[string]bool{}}
}

// Objects reads a list of objects.
func (f *Fields) Objects(key string) []*Fields {
	var out []*Fields
	for i, v := range f.Array(key) {
		o, ok := v.(*Object)
		if !ok {
			f.fail(key, "a list of objects")
			return nil
		}
		out = append(out, &Fields{o: o, what: f.what + ": " + key + "[" + strconv.Itoa(i) + "]", err: f.err, used: map[string]bool{}})
	}
	return out
}

// Value is a member as it was parsed.
func (f *Fields) Value(key string) any {
	f.used[key] = true
	return f.o.Values[key]
}
