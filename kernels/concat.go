package kernels

// PlainConcat joins a and b (pixels rows of ca and cb channels) along the channels, by definition.
func PlainConcat(out, a, b []float32, ca, cb int) {
	c := ca + cb
	for pixel := range len(out) / c {
		copy(out[pixel*c:], a[pixel*ca:][:ca])
		copy(out[pixel*c+ca:], b[pixel*cb:][:cb])
	}
}
