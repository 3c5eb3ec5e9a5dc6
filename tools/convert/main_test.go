package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"unnoise/wasm/goldens"
)

func golden(t *testing.T, parts ...string) string {
	return filepath.Join(append([]string{goldens.Dir(t), "unet"}, parts...)...)
}

// TestExitStatus runs the command as a person would: 0 done, 1 refused, 2 wrong usage; a refusal leaves no file.
func TestExitStatus(t *testing.T) {
	dir := t.TempDir()
	pack, damaged, none := filepath.Join(dir, "pack"), filepath.Join(dir, "damaged"), filepath.Join(dir, "none")
	convert := func(want int, args ...string) {
		t.Helper()
		if got := run(context.Background(), args); got != want {
			t.Errorf("convert %q: status %d, want %d", args, got, want)
		}
	}
	convert(0, "--certificate", "none", golden(t, "classes"), pack)
	convert(0, "inspect", pack)
	convert(0, "verify", pack)
	convert(0, "--certificate", "none", "--reference", golden(t, "film", "cases.safetensors"), golden(t, "film"), filepath.Join(dir, "probed"))
	convert(0, "--certificate", "none", "--dtype", "fp32", "--reference", golden(t, "film", "cases.safetensors"), golden(t, "film", "unet", "diffusion_pytorch_model.safetensors"), filepath.Join(dir, "exact"))

	convert(1, "--reference", golden(t, "film-midnorm", "cases.safetensors"), golden(t, "film"), none)
	convert(0, "--certificate", "none", "--weights", "raw", golden(t, "ho-list"), filepath.Join(dir, "raw"))
	convert(0, "--certificate", "none", golden(t, "adm-new-qkv", "model.pt"), filepath.Join(dir, "adm"))

	convert(1, "--weights", "ema", golden(t, "ho-names"), none)
	convert(1, "--preset", "adm-64", golden(t, "adm-new-qkv"), none)
	convert(1, "--preset", "adm-65", golden(t, "adm-new-qkv"), none)
	convert(1, "--flags", golden(t, "absent.json"), golden(t, "adm-new-qkv"), none)
	convert(1, golden(t, "bin"), dir)
	convert(1, golden(t, "absent"), none)
	convert(1, "inspect", golden(t, "film", "cases.safetensors"))
	convert(2, golden(t, "film"))
	convert(2, "--dtype", "int4", golden(t, "film"), none)
	convert(2, "--weights", "best", golden(t, "film"), none)
	convert(2, "--nonsense")
	if _, err := os.Stat(none); err == nil {
		t.Error("a refusal left a file")
	}

	data, err := os.ReadFile(pack)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-100] ^= 1
	if err := os.WriteFile(damaged, data, 0o644); err != nil {
		t.Fatal(err)
	}
	convert(1, "verify", damaged)
	if left, _ := filepath.Glob(filepath.Join(dir, ".convert-*")); len(left) > 0 {
		t.Errorf("temporary files left: %v", left)
	}
}
