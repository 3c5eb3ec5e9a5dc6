package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"strconv"
	"testing"
	"testing/fstest"
)

// saved is what torch.save makes of a dictionary of dictionaries of one tensor each, "w" [1] in a storage of its own whose value is the
// dictionary's number; names of more than one part nest them.
func saved(t *testing.T, keys ...[]string) string {
	t.Helper()
	text := func(s string) string {
		return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
	}
	pickle := "\x80\x02}("
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	entry := func(name string, data []byte) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: "m/" + name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	for i, path := range keys {
		end := ""
		for _, key := range path {
			pickle += text(key) + "}("
			end += "u"
		}
		n := strconv.Itoa(i)
		pickle += text("w") + "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" + text(n) + text("cpu") + "K\x01tQK\x00K\x01\x85K\x01\x85\x89}tR" + end
		entry("data/"+n, []byte{0, 0, byte(0x80 * (i % 2)), 0x3f}) // 0.5 or 1
	}
	entry("data.pkl", []byte(pickle+"u."))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// Training programs save weights under many names; those that tell the average from the rest are known, and others are not guessed.
func TestStates(t *testing.T) {
	for what, c := range map[string]struct {
		keys  [][]string
		want  string
		entry int    // whose weights are taken
		kind  string // as what
		says  string // or the error
	}{
		"model and ema":        {keys: [][]string{{"model"}, {"ema"}}, entry: 1, kind: "ema"},
		"raw asked":            {keys: [][]string{{"model"}, {"ema"}}, want: "raw", entry: 0, kind: "raw"},
		"ema asked":            {keys: [][]string{{"ema_model"}, {"net"}}, want: "ema", entry: 0, kind: "ema"},
		"a shadow inside":      {keys: [][]string{{"model"}, {"ema", "shadow"}}, entry: 1, kind: "ema"},
		"state_dict":           {keys: [][]string{{"state_dict"}}, entry: 0, kind: "raw"},
		"any name":             {keys: [][]string{{"generator"}}, entry: 0, kind: ""},
		"two of no known name": {keys: [][]string{{"a"}, {"b"}}, says: "holds several sets of weights"},
		"no ema":               {keys: [][]string{{"model"}}, want: "ema", says: "holds no ema weights"},
		"unknown, ema asked":   {keys: [][]string{{"generator"}}, want: "ema", says: "does not say whether they are ema"},
	} {
		t.Run(what, func(t *testing.T) {
			f := folder{t, fstest.MapFS{}}
			f.write("m.pt", saved(t, c.keys...))
			k := &Checkpoint{maps: map[string]mapping{}}
			err := k.openWeights(f.MapFS, "m.pt", c.want)
			if c.says != "" {
				refused(t, err, "m.pt", c.says)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			var got float32
			if err := k.byName["w"].each(func(_ int, v []float32) { got = v[0] }); err != nil {
				t.Fatal(err)
			}
			if want := []float32{0.5, 1}[c.entry]; got != want || k.kind != c.kind {
				t.Errorf("took %g as %q, want %g as %q", got, k.kind, want, c.kind)
			}
		})
	}
}
