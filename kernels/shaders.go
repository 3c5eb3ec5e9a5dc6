//go:build js

package kernels

import "embed"

// Shaders holds the WGSL files of Table.
//
//go:embed *.wgsl
var Shaders embed.FS
