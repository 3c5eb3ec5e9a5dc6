package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"unnoise/weights"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sample": main})
}

// TestScripts runs the program as a shell would; inputs_test.go has the commands that make its inputs.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			writePack(t, "chain-tutorial", weights.F16, filepath.Join(env.WorkDir, "grey"))
			writePack(t, "chain-google", weights.F16, filepath.Join(env.WorkDir, "colour"))
			writePack(t, "classes", weights.F16, filepath.Join(env.WorkDir, "classes"))
			writePack(t, "learned-sigma", weights.F16, filepath.Join(env.WorkDir, "sigma"))
			return os.Mkdir(filepath.Join(env.WorkDir, "to"), 0o755)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"damage": damage, "noise": noise, "cases": cases, "tile": tile, "png": isPNG, "holds": holds, "empty": empty, "boundjson": boundJSONCheck,
			"encodejson": encodeJSONCheck, "cutfile": cutFile, "near": near,
			"npz": npzCheck, "interrupted": interrupted, "size": sizeCheck, "makemask": makeMask, "kept": kept,
		},
		Condition: func(cond string) (bool, error) { return cond == "simd" && simd, nil },
	})
}

// sample runs the program in this process.
func sample(ctx context.Context, args ...string) (code int, out, err string) {
	var o, e bytes.Buffer
	code = run(ctx, args, stdio{&o, &e})
	return code, o.String(), strings.TrimSpace(e.String())
}

// mustSample runs the program and demands success and, but for the note of a slow build, silence on standard error.
func mustSample(t *testing.T, args ...string) (out string) {
	t.Helper()
	code, out, err := sample(t.Context(), args...)
	if code != 0 || (simd && err != "") {
		t.Fatalf("sample %s: exit %d: %s", strings.Join(args, " "), code, err)
	}
	return out
}

// TestInterrupt cancels a chain under way: exit 1, one line, and neither the output nor what was meant to become it.
func TestInterrupt(t *testing.T) {
	pack, to := filepath.Join(t.TempDir(), "pack"), t.TempDir()
	writePack(t, "chain-tutorial", weights.F16, pack)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { // the temporary file shows that the work has begun
		for found := 0; found == 0; time.Sleep(time.Millisecond) {
			list, _ := os.ReadDir(to)
			found = len(list)
		}
		cancel()
	}()
	code, _, err := sample(ctx, "--model", pack, "--sampler", "ddpm", "--n", "512", "--out", filepath.Join(to, "grid.png"))
	if lines := strings.Split(err, "\n"); code != 1 || lines[len(lines)-1] != "sample: interrupted, nothing was written" {
		t.Errorf("exit %d, %q", code, err)
	}
	if list, err := os.ReadDir(to); err != nil || len(list) != 0 {
		t.Errorf("left behind: %v %v", list, err)
	}
}
