//go:build js && wasm

package webgpu

import (
	"unnoise/kernels"
	"unnoise/wasm/unet"
)

// stage is an operation as the GPU runs it: one of the plan's, or several linear layers of one input that write one
// vector side by side and become a single product.
type stage struct {
	*unet.Op
	first int      // index of the first operation
	parts []string // names of the weights, the columns of one behind those of the other; without ".weight"
	cout  int      // output channels of all parts
}

// halves says whether a stage's inputs become float16: a convolution of a normalised input, on an engine that may. What is not
// normalised may be larger than float16 goes.
func (p *program) halves(s *stage) bool {
	return p.e.half && s.Norm != unet.None && (s.Kernel == kernels.Conv3x3 || s.Kernel == kernels.Conv1x1)
}

// stages groups the plan's operations. A network's time projections, one per block, become one stage.
func stages(p *unet.Plan) []stage {
	widths := map[string]int{}
	for _, w := range p.Weights {
		widths[w.Name] = w.Shape[len(w.Shape)-1]
	}
	var list []stage
	for i := range p.Ops {
		op := &p.Ops[i]
		cout := widths[op.Weight+".weight"]
		if n := len(list); n > 0 && joins(&list[n-1], op) {
			list[n-1].parts = append(list[n-1].parts, op.Weight)
			list[n-1].cout += cout
			continue
		}
		list = append(list, stage{op, i, []string{op.Weight}, cout})
	}
	return list
}

// joins says whether op continues the vector that the linear stage writes.
func joins(s *stage, op *unet.Op) bool {
	return s.Kernel == kernels.Linear && op.Kernel == kernels.Linear && s.In == op.In && s.SiLU == op.SiLU && s.Out == op.Out &&
		s.Residual == unet.None && op.Residual == unet.None && s.OutOffset+s.cout == op.OutOffset
}
