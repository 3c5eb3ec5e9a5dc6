package weights

// hexText is b in lower-case hexadecimal. (Package encoding/hex brings fmt into the WebAssembly module.)
func hexText(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 2*len(b))
	for _, v := range b {
		out = append(out, digits[v>>4], digits[v&15])
	}
	return string(out)
}
