package kernels

// combineBlock is how many values of a sum are made at a time: out may be one of the terms.
const combineBlock = 256

// Combine is PlainCombine, bit by bit, without its divisions where all terms have out's channels.
func (r *Runner) Combine(out []float32, c int, constant, clip float32, terms []CombineTerm) {
	for _, t := range terms {
		if t.C != c || t.Skip != 0 {
			PlainCombine(out, c, constant, clip, terms)
			return
		}
	}
	var block [combineBlock]float32
	for from := 0; from < len(out); from += combineBlock {
		sums := block[:min(combineBlock, len(out)-from)]
		for i := range sums {
			sums[i] = constant
		}
		for _, t := range terms {
			for i, x := range t.In[from:][:len(sums)] {
				sums[i] += float32(t.Coef * x)
			}
		}
		if clip > 0 {
			for i, sum := range sums {
				sums[i] = min(max(sum, -clip), clip)
			}
		}
		copy(out[from:], sums)
	}
}
