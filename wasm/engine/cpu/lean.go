package cpu

import (
	"strings"

	"unnoise/wasm/engine"
	"unnoise/wasm/unet"
)

// fetcher reads an operation's weights when it runs and forgets them when it has run.
type fetcher struct {
	src   engine.Source
	specs map[string][]unet.WeightSpec // by Op.Weight
}

func newFetcher(plan *unet.Plan, src engine.Source) *fetcher {
	f := &fetcher{src, map[string][]unet.WeightSpec{}}
	for _, w := range plan.Weights {
		name := w.Name[:strings.LastIndexByte(w.Name, '.')]
		f.specs[name] = append(f.specs[name], w)
	}
	return f
}

func (f *fetcher) begin(p *program, op *unet.Op) error {
	if op.Weight == "" {
		return nil
	}
	for _, w := range f.specs[op.Weight] {
		if err := p.load(f.src, w); err != nil {
			return err
		}
	}
	return nil
}

func (f *fetcher) end(p *program, o *operation) {
	if f != nil {
		clear(p.weights)
		clear(p.vectors)
		*o = operation{Op: o.Op, run: o.run, region: o.region}
	}
}
