package jsontree

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	v, err := Parse([]byte(` {"b":[1,-2.5e3,true,false,null,"\u00e9\n"],"a":{"":0}} `))
	if err != nil {
		t.Fatal(err)
	}
	want := NewObject().
		Set("b", []any{Number("1"), Number("-2.5e3"), true, false, nil, "é\n"}).
		Set("a", NewObject().Set("", Number("0")))
	if diff := cmp.Diff(any(want), v); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	for what, text := range map[string]string{
		"nothing": "", "spaces": "  ", "cut object": `{"a":1`, "cut string": `"a`, "cut list": "[1,", "no value": `{"a":}`, "no key": `{1:2}`,
		"two values": "1 2", "garbage behind": `{} x`, "comma behind": `{"a":1},`, "duplicate": `{"a":1,"a":2}`, "escaped duplicate": `{"a":1,"\u0061":2}`,
		"invalid UTF-8": "\"\xff\"", "lone surrogate": `"\ud800"`, "control character": "\"\x01\"", "leading zero": "01", "plus": "+1", "NaN": "NaN", "infinity": "Infinity",
		"comment": "/* */ 1", "single quotes": "{'a':1}", "byte order mark": "\ufeff{}", "deep": strings.Repeat("[", 70) + strings.Repeat("]", 70),
		"very deep and cut": strings.Repeat(`{"a":`, 1<<20),
	} {
		if v, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: read as %s", what, Text(v))
		}
	}
	if _, err := Parse([]byte(strings.Repeat("[", 60) + strings.Repeat("]", 60))); err != nil {
		t.Errorf("60 levels: %v", err)
	}
	for _, text := range []string{"[]", "1", "null", `"{}"`} {
		if _, err := ParseObject([]byte(text)); err == nil {
			t.Errorf("%s taken for an object", text)
		}
	}
}

// What is written is read back as it was, in the same order.
func TestTextRoundTrip(t *testing.T) {
	o := NewObject().Set("z", 1).Set("a", 1e-300).Set("list", Ints([]int{1, -2})).Set("text", "line\n\"quote\" \\ \u2028 é").Set("none", nil).
		Set("yes", true).Set("number", Number("1E+2")).Set("o", NewObject())
	text := Text(o)
	if want := `{"z":1,"a":1e-300,"list":[1,-2],`; !strings.HasPrefix(text, want) {
		t.Errorf("%s does not start with %s", text, want)
	}
	back, err := ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if again := Text(back); again != text {
		t.Errorf("%s came back as %s", text, again)
	}
	if o.Set("z", 2); len(o.Keys) != 8 {
		t.Errorf("replacing a member added one: %v", o.Keys)
	}
}

// Invalid UTF-8 must not make a text that cannot be read.
func TestTextOfInvalidUTF8(t *testing.T) {
	if _, err := Parse([]byte(Text("a\xffb"))); err != nil {
		t.Error(err)
	}
}
