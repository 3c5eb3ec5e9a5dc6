//go:build js && wasm

package webgpu

import (
	"context"
	"slices"

	"unnoise/kernels"
	"unnoise/wasm/internal/webgpu"
	"unnoise/wasm/unet"
)

// trial is a convolution with each of the tiles it may have, on data that stands in for its own: weights may still be on their way.
type trial struct {
	p       *program
	tiles   []tile // the rule's first
	record  *record
	weights *webgpu.Buffer // and vectors
	out     *webgpu.Buffer
	size    int // values of the output
}

// Where a convolution's call reads its weights and vectors.
const (
	convWeights = 3
	convArena   = 4
)

// newTrial prepares a stage's trial for n samples; with an error there are the tiles alone.
func (p *program) newTrial(ctx context.Context, n, stage int) (t *trial, err error) {
	s, l := &p.stages[stage], p.lowerOne(n, stage, nil)
	t = &trial{p: p, tiles: l.rule.variants(s, p.plan.Tensors[s.Out], n)}
	if t.weights, err = p.standIn(s); err != nil {
		return t, err
	}
	var calls []call
	for i := range t.tiles {
		c := p.lowerOne(n, stage, &t.tiles[i]).calls[0]
		c.reads[convWeights].own, c.reads[convArena].own = t.weights, t.weights
		calls = append(calls, c)
	}
	t.out, t.size = p.resolve(calls[0].write).(*webgpu.Buffer), max(l.partial, n*p.plan.Tensors[s.Out].Len())
	if err = p.e.shop.prepare(ctx, specsOf(calls)); err == nil {
		t.record, err = p.assemble(calls)
	}
	if err == nil {
		err = p.scatter(s)
	}
	if err != nil {
		t.release()
	}
	return t, err
}

func (t *trial) release() {
	t.weights.Destroy()
	if t.record != nil {
		t.record.uniforms.Destroy()
	}
}

// same says whether a tile gives the very numbers that the rule's gives.
func (t *trial) same(ctx context.Context, tile int) (bool, error) {
	var outputs [2][]float32
	for i, k := range []int{0, tile} {
		outputs[i] = make([]float32, t.size)
		// What a tile leaves out must not be there from the one before.
		if err := t.p.e.dev.Write(t.out, 0, bytesOf(outputs[i])); err != nil {
			return false, err
		}
		if err := t.p.e.dev.Replay(webgpu.Record(t.record.dispatches[k:k+1]), nil, nil); err != nil {
			return false, err
		}
		if err := t.p.e.dev.Read(ctx, t.out, bytesOf(outputs[i])); err != nil {
			return false, err
		}
	}
	return slices.Equal(outputs[0], outputs[1]), nil
}

// standIn is a buffer that a stage's weights fit, and all vectors.
func (p *program) standIn(s *stage) (*webgpu.Buffer, error) {
	taps := map[kernels.Kernel]int{kernels.Conv3x3: 9, kernels.Conv1x1: 1}[s.Kernel]
	block := rowBlock[s.Kernel]
	size := taps * ceilDiv(p.plan.Channels(s.Op), block) * block * ceilDiv(s.cout, 4) * 4
	for i := range p.stages {
		size = max(size, p.vectors[i]+2*p.stages[i].cout)
	}
	words := make([]uint32, size)
	for i := range words {
		// Two float16s from 0.5 to 1.5, or a float32 from 5e-4 to 0.13.
		words[i] = 0x3a003800 + uint32(i)*0x9e3779b1>>22<<16 + uint32(i)*0x85ebca6b>>22
	}
	buf, err := p.e.dev.NewBuffer("weights to come", 4*size, webgpu.Storage|webgpu.CopyDst)
	if err != nil {
		return nil, err
	}
	return buf, p.e.dev.Write(buf, 0, bytesOf(words))
}

// mostScattered bounds the values that scatter writes: what lies behind them stays as it is.
const mostScattered = 1 << 18

// scatter fills what a stage reads, or the first of it, with numbers from -1 to 1.
func (p *program) scatter(s *stage) error {
	for _, id := range []unet.TensorID{s.In[0], s.In[1], s.Norm} {
		if id == unet.None {
			continue
		}
		values := make([]float32, min(p.plan.Tensors[id].Len(), mostScattered))
		for i := range values {
			values[i] = float32(int32(uint32(i+1)*0x9e3779b1)) / (1 << 31)
		}
		if err := p.e.dev.Write(p.buffer(id), 0, bytesOf(values)); err != nil {
			return err
		}
	}
	return nil
}
