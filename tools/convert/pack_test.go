package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"unnoise/weights/jsontree"
)

// said runs a command and gives its status and what it printed on standard output and error.
func said(t *testing.T, args ...string) (status int, out, err string) {
	t.Helper()
	stdout, stderr := os.Stdout, os.Stderr
	defer func() { os.Stdout, os.Stderr = stdout, stderr }()
	var texts [2]string
	var done [2]chan struct{}
	var ends [2]*os.File
	for i := range texts {
		r, w, e := os.Pipe()
		if e != nil {
			t.Fatal(e)
		}
		ends[i], done[i] = w, make(chan struct{})
		go func() {
			b, _ := io.ReadAll(r)
			texts[i] = string(b)
			close(done[i])
		}()
	}
	os.Stdout, os.Stderr = ends[0], ends[1]
	status = run(context.Background(), args)
	for i := range ends {
		ends[i].Close()
		<-done[i]
	}
	return status, texts[0], texts[1]
}

// expect runs a command and demands its status and what it says, on either stream.
func expect(t *testing.T, status int, says []string, args ...string) string {
	t.Helper()
	got, out, err := said(t, args...)
	if got != status {
		t.Fatalf("convert %q: status %d, want %d: %s", args, got, status, err)
	}
	for _, s := range says {
		if !strings.Contains(out+err, s) {
			t.Errorf("convert %q does not say %q: %s%s", args, s, out, err)
		}
	}
	return out
}

func TestCertificate(t *testing.T) {
	dir := t.TempDir()
	quick, full, none := filepath.Join(dir, "quick"), filepath.Join(dir, "full"), filepath.Join(dir, "none")
	expect(t, 0, []string{"certificate (quick)", "output at t = 999", "after 50 DDIM steps", "PSNR"}, golden(t, "chain-google"), quick)
	expect(t, 0, []string{"certificate (full)"}, "--certificate", "full", golden(t, "chain-google"), full)
	text := expect(t, 0, nil, "--certificate", "none", "--json", golden(t, "chain-google"), none)
	if o, err := jsontree.ParseObject([]byte(text)); err != nil || o.Values["certificate"] != nil || jsontree.Text(o.Values["layers"]) == "null" {
		t.Errorf("%q: %v", text, err)
	}
	expect(t, 0, []string{"certificate (quick)"}, "inspect", quick)
	o, err := jsontree.ParseObject([]byte(expect(t, 0, nil, "inspect", "--json", quick)))
	if err != nil {
		t.Fatal(err)
	}
	f := o.Fields("inspect").Object("certificate")
	if len(f.Objects("eps")) != 10 || f.Object("ddim").Int("steps", 0) != 50 || f.Err() != nil {
		t.Errorf("certificate %s", jsontree.Text(o.Values["certificate"]))
	}
	a, err := os.ReadFile(quick)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, 0, nil, golden(t, "chain-google"), quick)
	if b, err := os.ReadFile(quick); err != nil || !bytes.Equal(a, b) {
		t.Error("the same checkpoint gives another pack")
	}
}

// A pack is held to its checkpoint: another of the same form, another network, a changed configuration are seen and named.
func TestVerifyAgainst(t *testing.T) {
	pack := filepath.Join(t.TempDir(), "pack")
	expect(t, 0, nil, "--certificate", "none", golden(t, "ho-list"), pack)
	expect(t, 0, []string{"tensors, network and process are what"}, "verify", "--against", golden(t, "ho-list"), pack)
	expect(t, 0, []string{`"tensors":`}, "verify", "--json", "--against", golden(t, "ho-list"), pack)
	expect(t, 1, []string{"values differ from the checkpoint's"}, "verify", "--against", golden(t, "ho-list"), "--weights", "raw", pack)
	expect(t, 1, []string{"network.height is 8, the checkpoint gives 16"}, "verify", "--against", golden(t, "ho-names"), pack)
	expect(t, 1, []string{"no such file"}, "verify", "--against", golden(t, "absent"), pack)

	settings := filepath.Join(t.TempDir(), "flags.yml")
	text := "resolution: 8\nvar_type: fixedsmall\nbeta_schedule: linear\nbeta_start: 0.0001\nbeta_end: 0.02\nnum_diffusion_timesteps: 1000\n"
	if err := os.WriteFile(settings, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	expect(t, 1, []string{`process.variance_type is "fixed_large", the checkpoint gives "fixed_small"`}, "verify", "--against", golden(t, "ho-list"), "--flags", settings, pack)
}

func TestDiff(t *testing.T) {
	dir := t.TempDir()
	ema, raw, exact := filepath.Join(dir, "ema"), filepath.Join(dir, "raw"), filepath.Join(dir, "exact")
	expect(t, 0, nil, "--certificate", "none", golden(t, "ho-list"), ema)
	expect(t, 0, nil, "--certificate", "none", "--weights", "raw", golden(t, "ho-list"), raw)
	expect(t, 0, nil, "--certificate", "none", "--dtype", "fp32", golden(t, "ho-list"), exact)
	expect(t, 0, []string{"the packs are equal"}, "diff", ema, ema)
	out := expect(t, 1, []string{`provenance.weights: "ema" | "raw"`, "tensor head.conv.weight: ", "differ in"}, "diff", ema, raw)
	if strings.Contains(out, "network.") || strings.Contains(out, "tensor down.0.res.0.conv1.weight") {
		t.Errorf("names what is equal: %s", out)
	}
	expect(t, 1, []string{"tensor head.conv.weight: F16 [3,3,32,3] | F32 [3,3,32,3]"}, "diff", ema, exact)
	text := expect(t, 1, nil, "diff", "--json", ema, raw)
	if o, err := jsontree.ParseObject([]byte(text)); err != nil || len(o.Fields("diff").Objects("differences")) == 0 {
		t.Errorf("%q: %v", text, err)
	}
	expect(t, 1, nil, "diff", ema, golden(t, "film", "cases.safetensors"))
}

// An interrupt leaves what was there, and nothing else.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	dst := filepath.Join(dir, "pack")
	if err := os.WriteFile(dst, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := run(ctx, []string{golden(t, "film"), dst}); got != 1 {
		t.Errorf("status %d, want 1", got)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(dst); len(entries) != 1 || string(data) != "before" {
		t.Errorf("%d files, the pack holds %q", len(entries), data)
	}
}

// Hostile files: status 1, one line that names file and cause, no file left.
func TestHostileFiles(t *testing.T) {
	for what, c := range map[string]struct{ data, says string }{
		"os.system":    {"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19cos\nsystem\nX\x02\x00\x00\x00ls\x85R.", "os.system"},
		"giant header": {"\xff\xff\xff\xff\xff\xff\xff\x7f{", "truncated"},
		"cut zip":      {"PK\x03\x04 and no more", "truncated or damaged"},
		"text":         {"these are no weights", "model.pt"},
		"nothing":      {"", "too short"},
	} {
		dir := t.TempDir()
		src, dst := filepath.Join(dir, "model.pt"), filepath.Join(dir, "pack")
		if err := os.WriteFile(src, []byte(c.data), 0o644); err != nil {
			t.Fatal(err)
		}
		status, out, err := said(t, src, dst)
		if status != 1 || out != "" || strings.Count(err, "\n") != 1 || !strings.Contains(err, "model.pt") || !strings.Contains(err, c.says) {
			t.Errorf("%s: status %d, %q, %q", what, status, out, err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("%s: %d files, want the checkpoint alone", what, len(entries))
		}
	}
}
