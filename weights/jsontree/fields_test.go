package jsontree

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fields(t *testing.T, text string) *Fields {
	t.Helper()
	o, err := ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o.Fields("config.json")
}

func TestFieldsRead(t *testing.T) {
	f := fields(t, `{"i":-3,"whole":2e3,"x":0.5,"b":true,"s":"text","null":null,"ints":[1,2.0],"floats":[1,0.5],"strings":["a"],"o":{"k":1},"os":[{"k":2}],"rest":0}`)
	got := []any{f.Int("i", 0), f.Int("whole", 0), f.Int("absent", 7), f.Int("null", 8), f.Float("x", 0), f.Float("i", 0), f.Float("absent", 1.5),
		f.Bool("b", false), f.Bool("absent", true), f.String("s", ""), f.String("null", "def"), f.Ints("ints"), f.Floats("floats"), f.Strings("strings"),
		f.Object("o").Int("k", 0), f.Objects("os")[0].Int("k", 0), f.Has("null"), f.Present("null"), f.Present("absent")}
	want := []any{-3, 2000, 7, 8, 0.5, -3.0, 1.5, true, true, "text", "def", []int{1, 2}, []float64{1, 0.5}, []string{"a"}, 1, 2, false, true, false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := f.Err(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"rest"}, f.Unused()); diff != "" {
		t.Errorf("unused: %s", diff)
	}
	if f.Object("absent") != nil || f.Objects("absent") != nil || f.Array("absent") != nil {
		t.Error("absent members are not nil")
	}
}

// Every reader refuses other types, and the error says file, key, what was expected and what was found.
func TestFieldsRefuse(t *testing.T) {
	for _, c := range []struct {
		text string
		read func(f *Fields)
		says []string
	}{
		{`{"k":"1"}`, func(f *Fields) { f.Int("k", 0) }, []string{"whole number", `"1"`}},
		{`{"k":1.5}`, func(f *Fields) { f.Int("k", 0) }, []string{"whole number", "1.5"}},
		{`{"k":1e300}`, func(f *Fields) { f.Int("k", 0) }, []string{"whole number", "1e300"}},
		{`{"k":1e999}`, func(f *Fields) { f.Int("k", 0) }, []string{"whole number"}},
		{`{"k":9007199254740994}`, func(f *Fields) { f.Int("k", 0) }, []string{"whole number"}},
		{`{"k":-99999999999999999999}`, func(f *Fields) { f.Int("k", 0) }, []string{"whole number"}},
		{`{"k":true}`, func(f *Fields) { f.Float("k", 0) }, []string{"number", "true"}},
		{`{"k":1e999}`, func(f *Fields) { f.Float("k", 0) }, []string{"number", "1e999"}},
		{`{"k":1}`, func(f *Fields) { f.Bool("k", false) }, []string{"true or false", "1"}},
		{`{"k":1}`, func(f *Fields) { f.String("k", "") }, []string{"a string", "1"}},
		{`{"k":{}}`, func(f *Fields) { f.Array("k") }, []string{"a list", "{}"}},
		{`{"k":[1,"2"]}`, func(f *Fields) { f.Ints("k") }, []string{"whole numbers", `[1,"2"]`}},
		{`{"k":["2"]}`, func(f *Fields) { f.Floats("k") }, []string{"list of numbers"}},
		{`{"k":[1]}`, func(f *Fields) { f.Strings("k") }, []string{"list of strings"}},
		{`{"k":[]}`, func(f *Fields) { f.Object("k") }, []string{"an object", "[]"}},
		{`{"k":[1]}`, func(f *Fields) { f.Objects("k") }, []string{"list of objects"}},
		{`{"k":[{},{"j":"x"}]}`, func(f *Fields) { f.Objects("k")[1].Int("j", 0) }, []string{"k[1]", `"j"`}},
		{`{"k":{"j":"x"}}`, func(f *Fields) { f.Object("k").Int("j", 0) }, []string{"config.json: k", `"j"`}},
	} {
		f := fields(t, c.text)
		c.read(f)
		err := f.Err()
		if err == nil {
			t.Errorf("%s: no error", c.text)
			continue
		}
		for _, says := range append(c.says, "config.json", "must be") {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%s: error %q does not say %q", c.text, err, says)
			}
		}
	}
}

// The first error stays.
func TestFieldsKeepFirstError(t *testing.T) {
	f := fields(t, `{"a":"x","b":"y"}`)
	f.Int("a", 0)
	f.Int("b", 0)
	if err := f.Err(); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("%v does not name the first key", err)
	}
}

// FuzzJSON: no text makes the parser panic, and what it reads is read again from what it writes.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{`{"a":[1,-2.5e3,true,null,"\u00e9"],"b":{}}`, `[[[]]]`, `1e999`, `"\ud83d\ude00"`, `{"a":1,"a":2}`, "\"\xff\"", strings.Repeat("[", 100)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Parse(data)
		if err != nil {
			return
		}
		text := Text(v)
		again, err := Parse([]byte(text))
		if err != nil {
			t.Fatalf("%q was read and written as %q, which is refused: %v", data, text, err)
		}
		if Text(again) != text {
			t.Fatalf("%q is not stable", text)
		}
	})
}
