package kernels

// The scalar forms of what the vector files do; used where there is no SIMD and for the ends of rows.

// activateScalar is act((in - mean) * scale + shift) of channels; norm holds mean, scale and shift, total values apart, or is nil.
func activateScalar(out, in, norm []float32, total int, act bool) {
	for i, x := range in {
		if norm != nil {
			x = (x-norm[i])*norm[total+i] + norm[2*total+i]
		}
		if act {
			x = SiLU(x)
		}
		out[i] = x
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

// centredScalar adds x - mean to sum and its square to squares, channel by channel, for pixels of c channels.
func centredScalar(sum, squares, x, mean []float32, c int) {
	for at := 0; at < len(x); at += c {
		for i := range sum {
			d := x[at+i] - mean[i]
			sum[i] += d
			squares[i] += d * d
		}
	}
}

// spreadScalar copies the first width values of n rows of nr to places stride values apart.
func spreadScalar(out []float32, stride int, acc []float32, nr, width, n int) {
	for i := range n {
		copy(out[i*stride:][:width], acc[i*nr:])
	}
}
