// Command serve serves the built site, as any static web server would.
//
//	go run ./tools/serve [--addr localhost:8080] [--dir build/site] [--base /]
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path"
	"strings"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "where to listen, HOST:PORT; port 0 takes a free one")
	dir := flag.String("dir", "build/site", "the folder to serve")
	base := flag.String("base", "/", "the path below which the site stands")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: serve [--addr HOST:PORT] [--dir DIR] [--base /PATH/]")
		os.Exit(2)
	}
	if err := serve(*addr, *dir, *base); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func serve(addr, dir, base string) error {
	if _, err := os.Stat(path.Join(dir, "index.html")); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no site in %s: run `make build`", dir)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	base = "/" + strings.Trim(base, "/")
	if base != "/" {
		base += "/"
	}
	fmt.Printf("http://%s%s\n", shown(addr, listener.Addr()), base)
	return http.Serve(listener, handler(os.DirFS(dir), base))
}

// shown is the address for people: the host they gave, since "localhost" is a secure context and its number may not
// look like one, with the port that was taken.
func shown(asked string, got net.Addr) string {
	host, _, err := net.SplitHostPort(asked)
	if err != nil || host == "" {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(got.String())
	return net.JoinHostPort(host, port)
}

// types are those that the system's own table may lack or get wrong.
var types = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".md":          "text/markdown; charset=utf-8",
	".png":         "image/png",
	".safetensors": "application/octet-stream",
	".svg":         "image/svg+xml",
	".wasm":        "application/wasm",
}

// handler serves files below base, with ranges, and nothing else.
func handler(files fs.FS, base string) http.Handler {
	server := http.StripPrefix(base, http.FileServerFS(files))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, base) {
			http.Redirect(w, r, base, http.StatusFound)
			return
		}
		if kind := types[path.Ext(r.URL.Path)]; kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		// An isolated page can share one picture among several workers.
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		// A rebuilt site shows at the next load; an unchanged file is not sent again.
		w.Header().Set("Cache-Control", "no-cache")
		server.ServeHTTP(w, r)
	})
}
