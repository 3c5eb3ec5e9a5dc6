//go:build js

package sha256

// New starts a hash.
func New() Hash { return newPlain() }
