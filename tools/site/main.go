// Command site builds the folder of static files that is unnoise's web page: the WebAssembly program, the library, the
// page, the service worker and the models. Any web server can publish the folder as it is.
//
//	go run ./tools/site [--out build/site]
//
// It prints how large the parts are and fails where everything but the models exceeds its budget.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"unnoise/tools/wasmstrip"
)

func main() {
	out := flag.String("out", "build/site", "the folder to build; what it held is replaced")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: site [--out DIR]")
		os.Exit(2)
	}
	if err := build(*out); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

// build makes the site and puts it into its place.
func build(out string) error {
	root, err := goOutput("list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	return whole(out, func(fresh string) error {
		b := builder{root: root, out: fresh, cache: filepath.Join(filepath.Dir(out), "previews")}
		for _, step := range []func() error{b.program, b.scripts, b.pages, b.models, b.serviceWorker} {
			if err := step(); err != nil {
				return err
			}
		}
		sizes, err := measure(fresh)
		if err != nil {
			return err
		}
		sizes.print(os.Stdout)
		return sizes.check()
	})
}

// A builder writes the parts of the site.
type builder struct {
	root  string // of the source tree
	out   string // where the site goes
	cache string // pictures drawn by earlier builds
}

// source is the path of a file of the source tree.
func (b *builder) source(parts ...string) string {
	return filepath.Join(append([]string{b.root}, parts...)...)
}

// program compiles the WebAssembly modules and puts Go's own loader beside the first.
func (b *builder) program() error {
	for _, m := range []struct{ source, target string }{{"./wasm", "lib/unnoise.wasm"}, {"./wasm/converter", converterDir + "converter.wasm"}} {
		if err := b.compile(m.source, filepath.Join(b.out, filepath.FromSlash(m.target))); err != nil {
			return err
		}
	}
	goroot, err := goOutput("env", "GOROOT")
	if err != nil {
		return err
	}
	return copyFile(filepath.Join(b.out, "lib", "wasm_exec.js"), filepath.Join(goroot, "lib", "wasm", "wasm_exec.js"))
}

func (b *builder) compile(source, target string) error {
	target, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return err
	}
	version, err := b.version()
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version="+version, "-o", target, source)
	cmd.Dir, cmd.Stderr = b.root, os.Stderr
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("compiling %s for js/wasm: %w", source, err)
	}
	return b.strip(target)
}

// version is the npm package's, which is the program's.
func (b *builder) version() (string, error) {
	path := b.source("tools", "package", "manifest.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var manifest struct{ Version string }
	if err := json.Unmarshal(data, &manifest); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if manifest.Version == "" {
		return "", fmt.Errorf("%s: no version", path)
	}
	return manifest.Version, nil
}

// strip takes out of a program what only tracebacks need, and the shaders' comments. That of an unknown toolchain stays as it is, and works.
func (b *builder) strip(path string) error {
	program, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	small, err := wasmstrip.Strip(program)
	if errors.Is(err, wasmstrip.ErrLayout) {
		fmt.Fprintf(os.Stderr, "%s is larger than it need be: %v\n", filepath.Base(path), err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if small, err = blankComments(small, os.DirFS(b.source("kernels"))); err != nil {
		return err
	}
	return os.WriteFile(path, small, 0o666)
}

func goOutput(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeFile(to, data)
}

func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o666)
}
