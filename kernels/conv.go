package kernels

// ConvSize is the output size of a 3x3 convolution along one axis of n pixels.
func ConvSize(n, stride int, pad Pad) int {
	if stride == 1 {
		return n
	}
	if pad == PadRightBottom {
		return (n-2)/2 + 1
	}
	return (n-1)/2 + 1
}
