package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// write fills a folder with files that all say the same.
func write(t *testing.T, fresh, text string) {
	t.Helper()
	for i := range 20 {
		if err := writeFile(filepath.Join(fresh, "lib", strconv.Itoa(i)), []byte(text)); err != nil {
			t.Error(err)
		}
	}
}

// written is what all files of a folder say.
func written(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "lib", "*"))
	if err != nil || len(files) != 20 {
		t.Fatalf("%d files in %s, %v", len(files), dir, err)
	}
	texts := map[string]bool{}
	last := ""
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		last = string(data)
		texts[last] = true
	}
	if len(texts) != 1 {
		t.Fatalf("files of several builds: %v", texts)
	}
	return last
}

func entries(t *testing.T, dir string) int {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// Builds that fill their folders at the same time all end well, one of them stays whole, and nothing is left beside it.
func TestBuildsAtOnce(t *testing.T) {
	out := filepath.Join(t.TempDir(), "site")
	const builds = 8
	var began, ended sync.WaitGroup
	began.Add(builds)
	for i := range builds {
		ended.Go(func() {
			err := whole(out, func(fresh string) error {
				began.Done()
				began.Wait()
				write(t, fresh, strconv.Itoa(i))
				return nil
			})
			if err != nil {
				t.Errorf("build %d: %v", i, err)
			}
		})
	}
	ended.Wait()
	written(t, out)
	if n := entries(t, filepath.Dir(out)); n != 1 {
		t.Errorf("%d entries beside the site", n-1)
	}
}

func TestFailedBuildChangesNothing(t *testing.T) {
	out := filepath.Join(t.TempDir(), "site")
	build := func(text string, err error) error {
		return whole(out, func(fresh string) error {
			write(t, fresh, text)
			return err
		})
	}
	if err := build("first", nil); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := build("second", broken); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if got := written(t, out); got != "first" {
		t.Errorf("the %s is there", got)
	}
	if err := build("third", nil); err != nil {
		t.Fatal(err)
	}
	if got := written(t, out); got != "third" {
		t.Errorf("the %s is there", got)
	}
	if n := entries(t, filepath.Dir(out)); n != 1 {
		t.Errorf("%d entries beside the site", n-1)
	}
}

// What a killed build left goes, what another is making stays.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "site")
	for name, age := range map[string]time.Duration{"site.new-old": 2 * abandoned, "site.new-young": time.Minute, "site": 2 * abandoned} {
		write(t, filepath.Join(dir, name), name)
		then := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(dir, name), then, then); err != nil {
			t.Fatal(err)
		}
	}
	if err := sweep(out); err != nil {
		t.Fatal(err)
	}
	if exists(filepath.Join(dir, "site.new-old")) {
		t.Error("what was left stays")
	}
	written(t, filepath.Join(dir, "site.new-young"))
	written(t, out)
}
