// Package unet describes a U-Net as data and lowers it to a plan of kernels. It runs nothing: engines run plans.
//
// A Network is a flat list of layers (convolution, residual block, attention, down, up, head) with an explicit stack of
// skip connections, every hyper-parameter written at the layer that has it. A Plan is the ordered list of operations that computes it.
package unet

// Network is a whole U-Net. It is what a pack stores.
type Network struct {
	InChannels, OutChannels int
	Height, Width           int
	// CenterInput maps the input x to 2x-1 first (diffusers' center_input_sample).
	CenterInput bool
	Time        Time
	// Classes is the number of rows of the class table added to the time embedding; 0 means no classes.
	Classes int
	// NullLabel is the row that stands for "no class"; -1 where the model has none.
	NullLabel int
	Layers    []Layer
}

// Time is the sinusoidal time embedding and the two-layer perceptron behind it (Ho et al. 2020, appendix B).
type Time struct {
	Dim       int     // width of the sinusoid
	Hidden    int     // width of the perceptron's output, the input of every block's projection
	CosFirst  bool    // [cos, sin] rather than [sin, cos]
	FreqShift float64 // frequencies are exp(-ln(10000) i / (Dim/2 - FreqShift))
	Scale     float64 // t is multiplied by it first (OpenAI's rescale_timesteps); 0 means 1
}

// Kind is what a layer does.
type Kind string

// The kinds of layer, with their weights' names behind the layer's name.
const (
	Conv Kind = "conv" // 3x3: NAME.weight [3,3,In,Out], NAME.bias
	Res  Kind = "res"  // NAME.norm1, NAME.conv1, NAME.time, NAME.norm2, NAME.conv2, and NAME.skip [1,1,In,Out] where In != Out
	Attn Kind = "attn" // NAME.norm where Groups > 0, NAME.qkv [1,1,C,3C], NAME.out [1,1,C,C]
	Down Kind = "down" // half the size: by a 3x3 convolution of stride 2, or by 2x2 means
	Up   Kind = "up"   // twice the size: nearest, then a 3x3 convolution unless Mode says otherwise
	Head Kind = "head" // NAME.norm, SiLU, NAME.conv 3x3
)

// Mode says how a Down, an Up or a resizing Res changes the size.
type Mode string

// The modes.
const (
	Plain           Mode = ""                 // no change of size; for Up and Down see below
	ConvSame        Mode = "conv-same"        // Down: stride 2, one zero pixel on every side
	ConvRightBottom Mode = "conv-rightbottom" // Down: stride 2, zeros right and below only
	ConvNearest     Mode = "conv-nearest"     // Up: nearest, then 3x3
	Mean            Mode = "mean"             // Down, Res: 2x2 mean
	Nearest         Mode = "nearest"          // Up, Res: nearest, no convolution
)

// Layer is one named step of the network. Fields that a kind does not use are zero.
type Layer struct {
	Kind Kind
	Name string
	// In and Out are channels; In counts the joined skip too.
	In, Out int
	// Join concatenates the newest saved tensor behind the hidden one (hidden first) before the layer.
	Join bool
	// Save pushes the layer's output on the stack of skips.
	Save bool
	// Groups and Eps belong to the (first) norm; Groups2 to a residual block's second norm. Groups 0 in Attn: no norm.
	Groups, Groups2 int
	Eps             float64
	// FiLM scales and shifts the second norm by the time embedding instead of adding it before.
	FiLM bool
	// Mode is the change of size.
	Mode Mode
	// Divide is what the block's sum (input + residual) is divided by; 1 for most models.
	Divide float64
	// Heads of attention, each a contiguous slice of channels.
	Heads int
}
