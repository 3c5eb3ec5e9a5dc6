package main

import (
	"os"
	"strings"
	"testing"

	"unnoise/wasm/checkpoint"
)

// TestTable: the converter understands every published model, and the counts are the published ones.
func TestTable(t *testing.T) {
	var b strings.Builder
	if err := table(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 35746307 |", "| 113673219 |", "| 2959"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// TestWrite: what is written is read as what it says.
func TestWrite(t *testing.T) {
	models["tiny"] = openai("tiny", "", "", unetModel{channels: 32, blocks: 1, mult: []float64{1, 2}, attention: []int{2}})
	defer delete(models, "tiny")
	dir := t.TempDir()
	if err := write("tiny", dir, 1); err != nil {
		t.Fatal(err)
	}
	s, err := checkpoint.NewSettings([]byte(`{"image_size":8,"num_heads":1,"noise_schedule":"linear","diffusion_steps":1000}`), "given")
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Open(os.DirFS(dir), checkpoint.Options{Settings: s})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	v, err := c.Values("head.norm.weight")
	if err != nil || len(v) != 32 || v[0] < 0.9 || v[0] > 1.1 || v[0] == v[1] {
		t.Errorf("norm's weights %v, %v", v, err)
	}
	if write("nothing", dir, 1) == nil {
		t.Error("an unknown model was written")
	}
}
