//go:build !js

package sha256

import "crypto/sha256"

// New starts a hash.
func New() Hash { return sha256.New() }
