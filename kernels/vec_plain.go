package kernels

// The scalar forms of what the vector files do; used where there is no SIMD and for the ends of rows.

func normaliseScalar(v, mean, scale, shift []float32) {
	for i := range v {
		v[i] = (v[i]-mean[i])*scale[i] + shift[i]
	}
}

func siluScalar(v []float32) {
	for i, x := range v {
		v[i] = SiLU(x)
	}
}

// finishScalar writes one pixel's channels: (acc*scale + shift + residual) * mul; residual may be nil.
func finishScalar(out, acc, scale, shift, residual []float32, mul float32) {
	for i := range out {
		v := acc[i]*scale[i] + shift[i]
		if residual != nil {
			v += residual[i]
		}
		out[i] = v * mul
	}
}

// sumScalar adds x - mean to sum and its square to squares, channel by channel.
func centredScalar(sum, squares, x, mean []float32) {
	for i, v := range x {
		d := v - mean[i]
		sum[i] += d
		squares[i] += d * d
	}
}
