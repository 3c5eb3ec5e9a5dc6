package kernels

import "math"

// queryBlock is how many queries' scores are held at a time: one call of a micro-kernel.
const queryBlock = maxOffs

// attention is an attention under way; its parts are chunks of the queries of one head of one sample.
type attention struct {
	r      *Runner
	a      *AttentionArgs
	chunks int
	size   int // queries of a chunk
}

// Attention computes PlainAttention a block of queries at a time: the whole score matrix is never in memory.
func (r *Runner) Attention(a *AttentionArgs) {
	size, chunks := r.chunks(a.N*a.Heads, a.P, queryBlock, queryBlock)
	r.attn = attention{r, a, chunks, size}
	keys, values := a.packed()
	r.reserve(keys + values + queryBlock*a.P)
	r.parallel(a.N*a.Heads*chunks, &r.attn)
}

func (w *attention) do(thread, part int) {
	part, chunk := part/w.chunks, part%w.chunks
	n := part / w.a.Heads
	from, to := w.a.Part.span(w.a.N * w.a.P)
	from, to = max(from-n*w.a.P, chunk*w.size), min(to-n*w.a.P, (chunk+1)*w.size, w.a.P)
	if from >= to {
		return
	}
	h := w.a.head(w.r, thread, n, part%w.a.Heads)
	for q := from; q < to; q += queryBlock {
		h.block(q, min(q+queryBlock, to))
	}
}

// attnHead is one head of one sample: keys and values packed as panels, room for a block's scores.
type attnHead struct {
	a            *AttentionArgs
	work         *workspace
	qkv, out     []float32
	width        int
	keys, values []float32 // panels [width][nr] of keys, [P][nr] of value channels
	scores       []float32 // [queryBlock][P]
}

func (a *AttentionArgs) head(r *Runner, thread, n, head int) attnHead {
	width := a.C / a.Heads
	h := attnHead{a: a, work: &r.work[thread], width: width, qkv: a.QKV[n*a.P*3*a.C+head*width:], out: a.Out[n*a.P*a.C+head*width:]}
	keys, values := a.packed()
	scratch := r.thread(thread, keys+values+queryBlock*a.P)
	h.keys, h.values, h.scores = scratch[:keys], scratch[keys:][:values], scratch[keys+values:]
	h.pack()
	return h
}

// packed is how many values a head's keys and values take as panels.
func (a *AttentionArgs) packed() (keys, values int) {
	width := a.C / a.Heads
	return panelsOf(a.P) * width * best.nr, panelsOf(width) * a.P * best.nr
}

func panelsOf(columns int) int { return (columns + best.nr - 1) / best.nr }

// pack copies keys (scaled by 1/sqrt(width)) and values into panels, zero behind the last column.
func (h *attnHead) pack() {
	nr, c := best.nr, h.a.C
	scale := float32(1 / math.Sqrt(float64(h.width)))
	for first := 0; first < h.a.P; first += nr {
		h.packKeys(h.keys[first*h.width:][:h.width*nr], h.qkv[first*3*c+c:], min(nr, h.a.P-first), scale)
	}
	for from := 0; from < h.width; from += nr {
		panel, v, width := h.values[from*h.a.P:][:h.a.P*nr], h.qkv[2*c+from:], min(nr, h.width-from)
		if width == nr {
			gathered(panel, v, 3*c, nr, h.a.P)
			continue
		}
		clear(panel)
		for p := range h.a.P {
			copy(panel[p*nr:][:width], v[p*3*c:])
		}
	}
}

// packKeys fills a panel with count keys.
func (h *attnHead) packKeys(panel, keys []float32, count int, scale float32) {
	nr, done := best.nr, 0
	if count == nr {
		done = transposed(panel, keys, 3*h.a.C, nr, h.width, scale)
	} else {
		clear(panel)
	}
	for j := range count {
		for i, k := range keys[j*3*h.a.C:][done:h.width] {
			panel[(done+i)*nr+j] = k * scale
		}
	}
}

// block computes queries from..to: scores, softmax, mixture.
func (h *attnHead) block(from, to int) {
	h.multiply(to-from, h.qkv[from*3*h.a.C:], 3*h.a.C, h.width, h.keys, h.scores, h.a.P, h.a.P)
	for i := range to - from {
		softmax(h.scores[i*h.a.P:][:h.a.P])
	}
	h.multiply(to-from, h.scores, h.a.P, h.a.P, h.values, h.out[from*h.a.C:], h.a.C, h.width)
}

// multiply is out[i][j] = sum over k of in[i*inStride+k] * panels[k][j] for rows i and columns j.
func (h *attnHead) multiply(rows int, in []float32, inStride, k int, panels, out []float32, outStride, columns int) {
	offs := h.work.offs[:roundUp(stepped(h.work.offs[:], 0, inStride, rows), best.mr)]
	h.work.left = tileProduct{s: in, offs: offs[:rows], top: (rows - 1) * inStride, rows: 1, run: k, outStep: outStride}
	for nr, j := best.nr, 0; j < columns; j += nr {
		if columns-j >= nr && whole(&h.work.left, panels[j*k:][:k*nr], out[j:], nil, &unscaled.scale, &unscaled.shift, 1) {
			continue
		}
		best.run(h.work.acc[:], in, offs, 0, 1, k, panels[j*k:][:k*nr])
		if columns-j >= nr {
			spread(out[j:], outStride, h.work.acc[:], nr, rows)
		} else {
			spreadScalar(out[j:], outStride, h.work.acc[:], nr, columns-j, rows)
		}
	}
}
