package wasmstrip

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program compiles testdata/program.
func program(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./testdata/program")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// run runs a program in Node and returns what it prints, and its errors.
func run(t *testing.T, wasm []byte, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "stripped.wasm")
	if err := os.WriteFile(path, wasm, 0o666); err != nil {
		t.Fatal(err)
	}
	loader := filepath.Join(strings.TrimSpace(string(root)), "lib/wasm/wasm_exec_node.js")
	var out, errs bytes.Buffer
	cmd := exec.Command("node", append([]string{"--stack-size=8192", loader, path}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

func TestStrippedProgramDoesTheSame(t *testing.T) {
	whole := program(t)
	stripped, err := Strip(whole)
	if err != nil {
		t.Fatal(err)
	}
	want, errs, err := run(t, whole)
	if err != nil {
		t.Fatalf("%v\n%s", err, errs)
	}
	got, errs, err := run(t, stripped)
	if err != nil || got != want {
		t.Fatalf("stripped program: %v\nprints %s\nexpected %s\n%s", err, got, want, errs)
	}
	if bytes.Contains(stripped, []byte("runtime.mallocgc")) || !bytes.Contains(whole, []byte("runtime.mallocgc")) {
		t.Error("names of functions are left")
	}
}

func TestCrashSaysWhatHappened(t *testing.T) {
	stripped, err := Strip(program(t))
	if err != nil {
		t.Fatal(err)
	}
	_, errs, err := run(t, stripped, "now")
	if err == nil || !strings.Contains(errs, "panic: asked to: now") {
		t.Errorf("a panic ends with %v and prints %q", err, errs)
	}
}

func TestRefuses(t *testing.T) {
	whole := program(t)
	other := bytes.Replace(whole, []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}, []byte{0xf9, 0xff, 0xff, 0xff, 0, 0, 1, 8}, 1)
	if _, err := Strip(other); !errors.Is(err, ErrLayout) {
		t.Errorf("tables of another version: %v", err)
	}
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("no module"), "header": whole[:8], "cut": whole[:len(whole)/2],
		"no code": append([]byte("\x00asm\x01\x00\x00\x00"), 11, 6, 1, 0, 0x41, 0, 0x0b, 0),
	} {
		if _, err := Strip(data); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestJoinKeepsMemory(t *testing.T) {
	// Out of order, touching, and with gaps.
	start, memory := join([]segment{{20, []byte("cd")}, {10, []byte("ab")}, {12, []byte("x")}})
	if want := "abx\x00\x00\x00\x00\x00\x00\x00cd"; start != 10 || string(memory) != want {
		t.Errorf("start %d, memory %q, expected 10, %q", start, memory, want)
	}
	segments, err := readSegments(writeSegment(start, memory))
	if err != nil || len(segments) != 1 || segments[0].address != 10 || !bytes.Equal(segments[0].bytes, memory) {
		t.Errorf("read back %v, %v", segments, err)
	}
	for _, address := range []int{0, 1, 63, 64, 65, 8191, 8192, 1 << 20, 1 << 30} {
		if segments, err := readSegments(writeSegment(address, nil)); err != nil || segments[0].address != address {
			t.Errorf("address %d is read back as %v, %v", address, segments, err)
		}
	}
}
