//go:build js && wasm

package main

import (
	"io"
	"syscall/js"
)

// remote is a pack that JavaScript holds, perhaps while it still arrives: see site/lib/pack.js. Nothing of it stays in this program's
// memory but the window that was read last, so weights exist once, where the engine wants them.
type remote struct {
	v      js.Value // {size, checked, read(start, end)}
	size   int64
	window []byte
	at     int64 // where the window lies
}

// windowSize is how much is read at once: a call for each of a network's small tensors would take longer than their bytes do.
const windowSize = 1 << 20

func newRemote(v value) (*remote, error) {
	if v.Type() != js.TypeObject || v.Get("read").Type() != js.TypeFunction {
		return nil, usage("open needs a pack: {size, checked, read(start, end)}")
	}
	return &remote{v: v.Value, size: int64((value{v.Get("size")}).float(0))}, nil
}

// checked says that JavaScript compares all it gives with the pack's hashes.
func (r *remote) checked() bool { return (value{r.v.Get("checked")}).bool(false) }

// ReadAt implements io.ReaderAt: it waits until the bytes have arrived.
func (r *remote) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) {
		from := offset + int64(n)
		if from >= r.size {
			return n, io.ErrUnexpectedEOF
		}
		if from < r.at || from >= r.at+int64(len(r.window)) {
			if err := r.fetch(from, min(from+windowSize, r.size)); err != nil {
				return n, err
			}
		}
		n += copy(p[n:], r.window[from-r.at:])
	}
	return n, nil
}

// fetch moves the window.
func (r *remote) fetch(start, end int64) error {
	v, err := awaited(r.v.Call("read", start, end))
	if err != nil {
		return err
	}
	if cap(r.window) < windowSize {
		r.window = make([]byte, windowSize)
	}
	r.window, r.at = r.window[:end-start], start
	js.CopyBytesToGo(r.window, v)
	return nil
}

// awaited waits for a promise; what it is rejected with keeps its name.
func awaited(promise js.Value) (result js.Value, err error) {
	done := make(chan struct{})
	fulfilled := js.FuncOf(func(_ js.Value, a []js.Value) any {
		result = a[0]
		close(done)
		return nil
	})
	defer fulfilled.Release()
	rejected := js.FuncOf(func(_ js.Value, a []js.Value) any {
		err = named(a[0].Get("name").String(), js.Error{Value: a[0]})
		close(done)
		return nil
	})
	defer rejected.Release()
	promise.Call("then", fulfilled, rejected)
	<-done
	return result, err
}
