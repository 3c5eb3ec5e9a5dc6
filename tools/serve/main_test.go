package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

var site = fstest.MapFS{
	"index.html":                {Data: []byte("<!doctype html>")},
	"lib/unnoise.wasm":          {Data: []byte("\x00asm")},
	"lib/worker.js":             {Data: []byte("1")},
	"models/digits.safetensors": {Data: []byte("0123456789")},
}

func get(t *testing.T, base, path, byteRange string) *http.Response {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	if byteRange != "" {
		r.Header.Set("Range", byteRange)
	}
	w := httptest.NewRecorder()
	handler(site, base).ServeHTTP(w, r)
	return w.Result()
}

func TestTypes(t *testing.T) {
	for path, want := range map[string]string{
		"/":                          "text/html; charset=utf-8",
		"/lib/unnoise.wasm":          "application/wasm",
		"/lib/worker.js":             "text/javascript; charset=utf-8",
		"/models/digits.safetensors": "application/octet-stream",
	} {
		r := get(t, "/", path, "")
		if got := r.Header.Get("Content-Type"); r.StatusCode != 200 || got != want {
			t.Errorf("%s: status %d, type %q, want %q", path, r.StatusCode, got, want)
		}
	}
}

// Pages and workers are isolated, without which nothing can be shared among workers.
func TestIsolated(t *testing.T) {
	for _, path := range []string{"/", "/lib/worker.js"} {
		h := get(t, "/", path, "").Header
		if h.Get("Cross-Origin-Opener-Policy") != "same-origin" || h.Get("Cross-Origin-Embedder-Policy") != "require-corp" {
			t.Errorf("%s: headers %v", path, h)
		}
	}
}

func TestRange(t *testing.T) {
	r := get(t, "/", "/models/digits.safetensors", "bytes=4-")
	if got := r.Header.Get("Content-Range"); r.StatusCode != http.StatusPartialContent || got != "bytes 4-9/10" {
		t.Errorf("status %d, Content-Range %q", r.StatusCode, got)
	}
}

func TestBase(t *testing.T) {
	if r := get(t, "/sub/path/", "/sub/path/lib/worker.js", ""); r.StatusCode != 200 {
		t.Errorf("below the base: status %d", r.StatusCode)
	}
	for _, path := range []string{"/", "/lib/worker.js", "/sub/path"} {
		r := get(t, "/sub/path/", path, "")
		if got := r.Header.Get("Location"); r.StatusCode != http.StatusFound || got != "/sub/path/" {
			t.Errorf("%s: status %d, to %q; want the base", path, r.StatusCode, got)
		}
	}
	if r := get(t, "/", "/absent.js", ""); r.StatusCode != http.StatusNotFound {
		t.Errorf("an absent file: status %d", r.StatusCode)
	}
}
