// Package kernels defines the arithmetic of the network and of the chain, one operation a stem: conv3x3.go holds the
// plain loops that define the operation, conv3x3_simd.go the fast version, conv3x3.wgsl the shader, conv3x3_test.go
// what holds them together.
//
// Activations are float32 in NHWC order: element (n, y, x, c) of a tensor of height H, width W and C channels stands at
// ((n*H+y)*W+x)*C+c. Vectors (time embeddings) are [n][c]. Weights are [kh][kw][Cin][Cout]; a linear layer's are
// [Cin][Cout]. Sums are float32 wherever the weights come from.
package kernels

// Kernel names an operation of a plan. It is the stem of the operation's files.
type Kernel string

// The operations a plan may hold.
const (
	Linear    Kernel = "linear"    // vectors times a matrix: time embedding and its projections
	GroupNorm Kernel = "groupnorm" // statistics of a tensor, folded with gain and bias into mean, scale, shift
	Conv3x3   Kernel = "conv3x3"   // 3x3 convolution with everything that surrounds it
	Conv1x1   Kernel = "conv1x1"   // a matrix product at every pixel
	Attention Kernel = "attention" // softmax(q k^T / sqrt(d)) v
	AvgPool2  Kernel = "avgpool2"  // 2x2 mean
	Upsample  Kernel = "upsample"  // nearest neighbour, twice the size
	Concat    Kernel = "concat"    // two tensors joined along the channels
	Combine   Kernel = "combine"   // linear combination of tensors, optionally clipped
	Modulate  Kernel = "modulate"  // a tensor times a factor for every element
	Pixels    Kernel = "pixels"    // [-1,1] to 8-bit RGBA
)

// Info says what stands behind a kernel.
type Info struct {
	Kernel  Kernel
	Shaders []string // WGSL files, in this folder
	What    string   // one line for people
}

// Table lists every kernel once; both engines and the checks of the tree read it.
var Table = []Info{
	{Linear, []string{"linear.wgsl", "linear_direct.wgsl"}, "y = act(x) W * scale + bias + residual"},
	{GroupNorm, []string{"groupnorm.wgsl", "groupnorm_part.wgsl", "groupnorm_join.wgsl", "groupnorm_fold.wgsl"}, "group statistics to per-channel mean, scale, shift"},
	{Conv3x3, []string{"conv3x3.wgsl", "conv_shared.wgsl", "conv_reduce.wgsl", "conv3x3_stage.wgsl", "conv3x3_direct.wgsl", "conv_direct.wgsl"}, "3x3 convolution of act(norm(concat(a, b)))"},
	{Conv1x1, []string{"conv1x1.wgsl", "conv_shared.wgsl", "conv_reduce.wgsl", "conv1x1_direct.wgsl", "conv_direct.wgsl"}, "1x1 convolution of act(norm(concat(a, b)))"},
	{Attention, []string{"attention.wgsl", "attention_wide.wgsl", "attention_scores.wgsl", "attention_mix.wgsl"}, "softmax(q k^T / sqrt(d)) v per head"},
	{AvgPool2, []string{"avgpool2.wgsl"}, "2x2 mean of act(norm(a))"},
	{Upsample, []string{"upsample.wgsl"}, "nearest neighbour, twice the size"},
	{Concat, []string{"concat.wgsl"}, "a then b along the channels"},
	{Combine, []string{"combine.wgsl"}, "clip(sum of coefficient times tensor + constant)"},
	{Modulate, []string{"modulate.wgsl"}, "a * (add + mul * f), or a * exp of that"},
	{Pixels, []string{"pixels.wgsl"}, "[-1,1] to 8-bit RGBA, half to even"},
}

// Pad says where a stride-2 3x3 convolution has its zeros. A stride-1 convolution has one pixel all round.
type Pad int

const (
	PadSame        Pad = iota // one zero pixel on every side
	PadRightBottom            // one zero column right, one zero row below (the layout of the google models)
)

// Weight is a weight tensor in the canonical layout, as float16 bits or float32; exactly one is set.
type Weight struct {
	F16 []uint16
	F32 []float32
}

// Len is the number of elements.
func (w Weight) Len() int { return len(w.F16) + len(w.F32) }

// Float32s widens all elements; a float32 weight is given as it is.
func (w Weight) Float32s() []float32 {
	if w.F16 == nil {
		return w.F32
	}
	out := make([]float32, len(w.F16))
	for i, bits := range w.F16 {
		out[i] = HalfToFloat(bits)
	}
	return out
}
