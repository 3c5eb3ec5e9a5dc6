package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
)

// A contentHash names a set of files by their names and contents.
type contentHash struct{ hash.Hash }

func newHash() contentHash { return contentHash{sha256.New()} }

// add mixes in a file; the lengths keep names and contents apart.
func (h contentHash) add(name string, data []byte) {
	fmt.Fprintf(h, "%d %s %d\n", len(name), name, len(data))
	h.Write(data)
}

// text is the start of the hash in hexadecimal: 64 bits, enough to tell versions apart.
func (h contentHash) text() string { return hex.EncodeToString(h.Sum(nil)[:8]) }
