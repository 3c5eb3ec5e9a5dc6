package sha256

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// The published example of FIPS 180-4's companion, and every length around the block's edges against the standard library, written at once and
// in two parts, with a look at the sum in between.
func TestPlain(t *testing.T) {
	p := newPlain()
	p.Write([]byte("abc"))
	if got := hex.EncodeToString(p.Sum(nil)); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("abc: %s", got)
	}
	data := make([]byte, 300)
	for i := range data {
		data[i] = byte(7*i + i/11)
	}
	for n := range data {
		want := sha256.Sum256(data[:n])
		for _, cut := range []int{0, n / 3, n / 2, n} {
			p.Reset()
			p.Write(data[:cut])
			p.Sum(nil)
			p.Write(data[cut:n])
			if got := [32]byte(p.Sum(nil)); got != want {
				t.Fatalf("%d bytes cut at %d: %x, want %x", n, cut, got, want)
			}
		}
		if got := Sum256(data[:n]); got != want {
			t.Fatalf("Sum256 of %d bytes: %x, want %x", n, got, want)
		}
	}
}
