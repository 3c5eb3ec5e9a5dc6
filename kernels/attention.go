package kernels

import "math"

// AttentionArgs is softmax(q k^T / sqrt(C/Heads)) v over the P pixels of each sample, every head a contiguous slice of channels.
type AttentionArgs struct {
	N, P, C, Heads int
	QKV            []float32 // [N][P][3C]: q, k and v behind each other
	Out            []float32 // [N][P][C]
	Part           Part      // what of Out is computed by the fast kernel
}

// PlainAttention is the definition.
func PlainAttention(a *AttentionArgs) {
	width := a.C / a.Heads
	row := make([]float32, a.P)
	for n := range a.N {
		qkv := a.QKV[n*a.P*3*a.C:]
		for head := range a.Heads {
			for p := range a.P {
				a.scores(row, qkv, head*width, p)
				Softmax(row)
				a.mix(a.Out[(n*a.P+p)*a.C+head*width:][:width], row, qkv[2*a.C+head*width:])
			}
		}
	}
}

// scores are the logits of query p against every key, for the head whose channels start at first.
func (a *AttentionArgs) scores(row, qkv []float32, first, p int) {
	width := a.C / a.Heads
	scale := float32(1 / math.Sqrt(float64(width)))
	q := qkv[p*3*a.C+first:]
	for j := range row {
		k := qkv[j*3*a.C+a.C+first:]
		var sum float32
		for c := range width {
			sum += q[c] * k[c]
		}
		row[j] = sum * scale
	}
}

// mix is the sum of the values weighted by row.
func (a *AttentionArgs) mix(out, row, v []float32) {
	clear(out)
	for j, w := range row {
		for c := range out {
			out[c] += w * v[j*3*a.C+c]
		}
	}
}
