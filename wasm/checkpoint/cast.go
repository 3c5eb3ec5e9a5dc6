package checkpoint

import (
	"math"

	"unnoise/wasm/unet"
	"unnoise/weights"

	"github.com/x448/float16"
)

// Tensors reads every tensor the plan needs and casts it: matrices to float16 (or float32 for dtype F32), vectors and the
// class table to float32. Errors name the checkpoint's file and tensor.
func (c *Checkpoint) Tensors(plan *unet.Plan, dtype weights.DType) ([]weights.Tensor, error) {
	var out []weights.Tensor
	for _, w := range plan.Weights {
		v, err := c.Values(w.Name)
		if err != nil {
			return nil, err
		}
		if !w.Matrix || dtype == weights.F32 {
			out = append(out, weights.FromFloat32s(w.Name, w.Shape, v))
			continue
		}
		bits, scale := Halve(v, w.Shape[len(w.Shape)-1])
		out = append(out, weights.FromHalves(w.Name, w.Shape, bits))
		if scale != nil {
			out = append(out, weights.FromFloat32s(w.Scales, []int{len(scale)}, scale))
		}
	}
	if c.Net.Classes > 0 {
		v, err := c.Values("class.weight")
		if err != nil {
			return nil, err
		}
		out = append(out, weights.FromFloat32s("class.weight", []int{c.Net.Classes, c.Net.Time.Hidden}, v))
	}
	return out, nil
}

// The normal range of float16.
const (
	smallestNormal = 0x1p-14
	largestHalf    = 65504
)

// Halve rounds a matrix [..][cout] to float16. An output channel with values beyond float16's normal range is first multiplied by a
// power of two that brings its largest value to [2^14, 2^15); scale undoes that exactly, and is nil where no channel needs it.
// Left alone, subnormals keep fewer bits, and GPUs may take them for zero.
func Halve(v []float32, cout int) (bits []uint16, scale []float32) {
	factor := make([]float32, cout)
	for c := range cout {
		factor[c] = channelFactor(v, c, cout)
		if factor[c] != 1 && scale == nil {
			scale = make([]float32, cout)
		}
	}
	bits = make([]uint16, len(v))
	for i, x := range v {
		bits[i] = float16.Fromfloat32(x * factor[i%cout]).Bits()
	}
	for c := range scale {
		scale[c] = 1 / factor[c]
	}
	return bits, scale
}

// channelFactor is the power of two for channel c; 1 where all of it is normal.
func channelFactor(v []float32, c, cout int) float32 {
	var top float32
	odd := false
	for i := c; i < len(v); i += cout {
		a := float32(math.Abs(float64(v[i])))
		top = max(top, a)
		odd = odd || a != 0 && a < smallestNormal || a > largestHalf
	}
	if !odd {
		return 1
	}
	_, exp := math.Frexp(float64(top)) // top = m 2^exp with 1/2 <= m < 1
	return float32(math.Ldexp(1, min(max(15-exp, -100), 100)))
}
