// Package sha256 is the hash of packs: the standard library's natively, plain Go in a browser, where crypto/sha256 would bring 87 kB
// (compressed) of self-checks for a certified module that nothing here needs.
package sha256

// Hash is SHA-256 under way.
type Hash interface {
	Write(data []byte) (int, error) // never fails
	Sum(out []byte) []byte          // appends the 32 bytes of the hash so far
	Reset()
}

// Sum256 is the hash of data.
func Sum256(data []byte) (sum [32]byte) {
	h := New()
	h.Write(data)
	h.Sum(sum[:0])
	return sum
}
