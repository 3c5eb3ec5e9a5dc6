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

// ConvArgs is one convolution and everything around it:
//
//	out = (conv(act(norm(concat(In)))) * Scale + Bias + Time + Residual) * Mul
//
// Padding is zero after norm and activation.
type ConvArgs struct {
	N, H, W int          // samples, rows and columns of the inputs as stored
	In      [2][]float32 // NHWC; the second is nil or joined behind the first
	C       [2]int       // channels of the inputs
	Norm    []float32    // [N][3][C] mean, scale, shift; nil for none
	SiLU    bool
	Up      bool // 3x3: read the input at twice its size, nearest
	Stride  int  // 3x3: 1 or 2
	Pad     Pad  // 3x3 of stride 2

	Cout   int
	Weight Weight    // [kh][kw][C][Cout]
	Scale  []float32 // [Cout], nil for ones
	Bias   []float32 // [Cout]

	Time       []float32 // sample n's value for channel c is Time[n*TimeStride+c]; nil for none
	TimeStride int
	Residual   []float32 // NHWC like Out; nil for none
	Mul        float32
	Out        []float32 // [N][Ho][Wo][Cout]
	Part       Part      // what of Out is computed by the fast kernels
}

// Channels is the number of input channels, both parts together.
func (a *ConvArgs) Channels() int { return a.C[0] + a.C[1] }

// Grid is the size of the picture that the taps walk over: the input, twice as large where Up is set.
func (a *ConvArgs) Grid() (h, w int) {
	if a.Up {
		return 2 * a.H, 2 * a.W
	}
	return a.H, a.W
}

// activated is act(norm(concat(In))) as one NHWC tensor.
func (a *ConvArgs) activated() []float32 {
	c := a.Channels()
	out := make([]float32, a.N*a.H*a.W*c)
	for i := range out {
		n := i / (a.H * a.W * c)
		out[i] = activate(a.raw(i/c, i%c), a.Norm, n, i%c, c, a.SiLU)
	}
	return out
}

// raw is channel c of a pixel of the joined inputs.
func (a *ConvArgs) raw(pixel, c int) float32 {
	if c < a.C[0] {
		return a.In[0][pixel*a.C[0]+c]
	}
	return a.In[1][pixel*a.C[1]+c-a.C[0]]
}

// activate is act((v - mean) * scale + shift) with the values of sample n, channel c of channels.
func activate(v float32, norm []float32, n, c, channels int, silu bool) float32 {
	if norm != nil {
		m := norm[3*n*channels+c:]
		v = (v-m[0])*m[channels] + m[2*channels]
	}
	if silu {
		v = SiLU(v)
	}
	return v
}

// finish turns a sum into the output value at index i (sample n, channel c).
func (a *ConvArgs) finish(sum float32, i, n, c int) float32 {
	if a.Scale != nil {
		sum *= a.Scale[c]
	}
	sum += a.Bias[c]
	if a.Time != nil {
		sum += a.Time[n*a.TimeStride+c]
	}
	if a.Residual != nil {
		sum += a.Residual[i]
	}
	return sum * a.Mul
}
