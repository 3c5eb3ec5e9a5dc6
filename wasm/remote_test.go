//go:build js && wasm

package main

import (
	"bytes"
	"errors"
	"syscall/js"
	"testing"
	"time"
)

// arriving is a pack as site/lib/pack.js gives it, whose reads wait until so many of its first bytes are there; most is the longest read.
func arriving(t *testing.T, pack []byte, checked bool) (v js.Value, first func(int), most *int) {
	t.Helper()
	there, most := 0, new(int)
	all := bytesToJS(pack)
	var waiting []func()
	var funcs []js.Func
	t.Cleanup(func() {
		for _, f := range funcs {
			f.Release()
		}
	})
	read := js.FuncOf(func(_ js.Value, a []js.Value) any {
		start, end := a[0].Int(), a[1].Int()
		*most = max(*most, end-start)
		executor := js.FuncOf(func(_ js.Value, p []js.Value) any {
			give := func() { p[0].Invoke(all.Call("slice", start, end)) }
			if end > there {
				waiting = append(waiting, give)
			} else {
				give()
			}
			return nil
		})
		funcs = append(funcs, executor)
		return js.Global().Get("Promise").New(executor)
	})
	funcs = append(funcs, read)
	first = func(n int) {
		there = n
		for _, give := range waiting {
			give()
		}
		waiting = nil
	}
	return js.ValueOf(object("size", len(pack), "checked", checked, "read", read)), first, most
}

// TestRemote opens a session on a pack whose data comes later than its header.
func TestRemote(t *testing.T) {
	pack := tinyPack(t)
	v, first, _ := arriving(t, pack, true)
	r, err := newRemote(value{v})
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan error)
	go func() {
		_, err := openSession(t.Context(), r, "cpu", "exact", "")
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Fatalf("opened before anything came: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	first(len(pack))
	if err := <-opened; err != nil {
		t.Fatal(err)
	}
}

// TestRemoteUnchecked: where JavaScript has no hashes, nothing is used before the program itself has looked at them.
func TestRemoteUnchecked(t *testing.T) {
	for _, damaged := range []bool{false, true} {
		pack := bytes.Clone(tinyPack(t))
		if damaged {
			pack[len(pack)-1] ^= 1
		}
		v, first, _ := arriving(t, pack, false)
		first(len(pack))
		r, err := newRemote(value{v})
		if err == nil {
			_, err = openSession(t.Context(), r, "cpu", "exact", "")
		}
		if damaged != (err != nil) || damaged && nameOf(err) != "PackError" {
			t.Errorf("damaged %v: %v", damaged, err)
		}
	}
}

// TestRemoteReads: any range, in windows, and why one cannot be had.
func TestRemoteReads(t *testing.T) {
	data := make([]byte, 2*windowSize+windowSize/2)
	for i := range data {
		data[i] = byte(i * 7 >> 3)
	}
	v, first, most := arriving(t, data, true)
	first(len(data))
	r, err := newRemote(value{v})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]int{{0, 8}, {8, 100}, {windowSize - 3, 9}, {3, 2*windowSize + 5}, {len(data) - 4, 4}, {50, 0}} {
		got := make([]byte, c[1])
		if n, err := r.ReadAt(got, int64(c[0])); n != c[1] || err != nil || !bytes.Equal(got, data[c[0]:c[0]+c[1]]) {
			t.Errorf("%d bytes at %d: %d, %v", c[1], c[0], n, err)
		}
	}
	if *most > windowSize {
		t.Errorf("%d bytes were read at once", *most)
	}
	if _, err := r.ReadAt(make([]byte, 5), int64(len(data)-4)); err == nil {
		t.Error("reads behind the end")
	}
	failing := js.Global().Get("Function").New(`return {size: 100, read: () => Promise.reject(Object.assign(new Error("gone"), {name: "NetworkError"}))}`).Invoke()
	if r, err = newRemote(value{failing}); err != nil {
		t.Fatal(err)
	}
	_, err = openSession(t.Context(), r, "cpu", "exact", "")
	var named *namedError
	if !errors.As(err, &named) || nameOf(err) != "NetworkError" {
		t.Errorf("%v, named %s", err, nameOf(err))
	}
}
