package unet

import "unnoise/kernels"

// Compile checks a network and lowers it to a plan. The plan's inputs are x [H,W,InChannels], the sinusoid [Time.Dim]
// and, where the network has classes, the class rows [Time.Hidden]; its output is [H,W,OutChannels].
func Compile(n *Network) (*Plan, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	c := compiler{n: n, b: NewBuilder()}
	x := c.b.Input("x", n.Height, n.Width, n.InChannels)
	sinusoid := c.b.Input("sinusoid", 1, 1, n.Time.Dim)
	rows := None
	if n.Classes > 0 {
		rows = c.b.Input("classes", 1, 1, n.Time.Hidden)
	}
	c.time(sinusoid, rows)
	if n.CenterInput {
		x = c.b.Combine("center", x, 2, -1)
	}
	c.h = x
	for i := range n.Layers {
		c.layer(&n.Layers[i])
	}
	return c.b.Finish(c.h), nil
}

// compiler holds what lowering carries from layer to layer.
type compiler struct {
	n     *Network
	b     *Builder
	h     TensorID
	skips []TensorID
	temb  TensorID // every block's projection of the time embedding, one behind the other
	used  int      // values of temb handed out so far
}

// time lowers the embedding and all blocks' projections of it: they depend on t alone, so they stand first.
// SiLU is applied to the embedding in every block, which is the same as once.
func (c *compiler) time(sinusoid, rows TensorID) {
	hidden := c.n.Time.Hidden
	h1 := c.b.Linear("time.1", sinusoid, false, None, c.b.Vector("time.1", hidden), 0, hidden)
	emb := c.b.Linear("time.2", h1, true, rows, c.b.Vector("time.2", hidden), 0, hidden)
	total := 0
	for i := range c.n.Layers {
		total += c.n.Layers[i].timeWidth()
	}
	if total == 0 {
		return
	}
	c.temb = c.b.Vector("temb", total)
	offset := 0
	for i := range c.n.Layers {
		if l := &c.n.Layers[i]; l.Kind == Res {
			c.b.Linear(l.Name+".time", emb, true, None, c.temb, offset, l.timeWidth())
			offset += l.timeWidth()
		}
	}
}

// timeWidth is the number of values the layer takes from the time embedding.
func (l *Layer) timeWidth() int {
	switch {
	case l.Kind != Res:
		return 0
	case l.FiLM:
		return 2 * l.Out
	}
	return l.Out
}

func (c *compiler) layer(l *Layer) {
	in := [2]TensorID{c.h}
	if l.Join {
		in[1] = c.skips[len(c.skips)-1]
		c.skips = c.skips[:len(c.skips)-1]
	}
	switch l.Kind {
	case Conv:
		c.h = c.b.Conv3x3(l.Name, Op{In: in}, l.Out)
	case Res:
		c.h = c.res(l, in)
	case Attn:
		c.h = c.attn(l, in)
	case Down:
		c.h = c.down(l, in)
	case Up:
		c.h = c.up(l, in)
	case Head:
		norm := c.b.GroupNorm(l.Name+".norm", in, l.Groups, l.Eps, None, 0)
		c.h = c.b.Conv3x3(l.Name+".conv", Op{In: in, Norm: norm, SiLU: true}, l.Out)
	}
	if l.Save {
		c.skips = append(c.skips, c.h)
	}
}

// res lowers a residual block (Ho et al. 2020, appendix B; BigGAN resampling and FiLM as in Dhariwal and Nichol 2021):
// h = conv1(silu(norm1(x))) + time; h = conv2(silu(norm2(h))); (x + h) / Divide.
func (c *compiler) res(l *Layer, in [2]TensorID) TensorID {
	offset := c.used
	c.used += l.timeWidth()
	norm1 := c.b.GroupNorm(l.Name+".norm1", in, l.Groups, l.Eps, None, 0)
	conv1 := Op{In: in, Norm: norm1, SiLU: true}
	skip := in
	switch l.Mode {
	case Mean:
		joined := c.whole(l, in)
		conv1 = Op{In: [2]TensorID{c.b.AvgPool2(l.Name+".pool", joined, norm1, true)}}
		skip = [2]TensorID{c.b.AvgPool2(l.Name+".skippool", joined, None, false)}
	case Nearest:
		conv1.Up = true
		skip = [2]TensorID{c.b.Upsample(l.Name+".skipup", c.whole(l, in))}
	}
	if !l.FiLM {
		conv1.Time, conv1.TimeOffset = c.temb, offset
	}
	h := [2]TensorID{c.b.Conv3x3(l.Name+".conv1", conv1, l.Out)}
	film := None
	if l.FiLM {
		film = c.temb
	}
	norm2 := c.b.GroupNorm(l.Name+".norm2", h, l.Groups2, l.Eps, film, offset)
	var residual TensorID
	if l.In != l.Out {
		residual = c.b.Conv1x1(l.Name+".skip", Op{In: skip}, l.Out)
	} else {
		residual = c.whole(l, skip)
	}
	return c.b.Conv3x3(l.Name+".conv2", Op{In: h, Norm: norm2, SiLU: true, Residual: residual, Mul: float32(1 / l.Divide)}, l.Out)
}

// whole is one tensor for both parts: rarely needed, since convolutions read two inputs.
func (c *compiler) whole(l *Layer, in [2]TensorID) TensorID {
	if in[1] == None {
		return in[0]
	}
	return c.b.Concat(l.Name+".join", in)
}

func (c *compiler) attn(l *Layer, in [2]TensorID) TensorID {
	norm := None
	if l.Groups > 0 {
		norm = c.b.GroupNorm(l.Name+".norm", in, l.Groups, l.Eps, None, 0)
	}
	qkv := c.b.Conv1x1(l.Name+".qkv", Op{In: in, Norm: norm}, 3*l.Out)
	mixed := c.b.Attention(l.Name+".mix", qkv, l.Heads)
	return c.b.Conv1x1(l.Name+".out", Op{In: [2]TensorID{mixed}, Residual: c.whole(l, in), Mul: float32(1 / l.Divide)}, l.Out)
}

func (c *compiler) down(l *Layer, in [2]TensorID) TensorID {
	switch l.Mode {
	case Mean:
		return c.b.AvgPool2(l.Name, c.whole(l, in), None, false)
	case ConvRightBottom:
		return c.b.Conv3x3(l.Name, Op{In: in, Stride: 2, Pad: kernels.PadRightBottom}, l.Out)
	}
	return c.b.Conv3x3(l.Name, Op{In: in, Stride: 2, Pad: kernels.PadSame}, l.Out)
}

func (c *compiler) up(l *Layer, in [2]TensorID) TensorID {
	if l.Mode == Nearest {
		return c.b.Upsample(l.Name, c.whole(l, in))
	}
	return c.b.Conv3x3(l.Name, Op{In: in, Up: true}, l.Out)
}

// CompileBlock lowers a single residual or attention block, to be looked at by itself: its inputs are the hidden tensor
// and, where hidden > 0, the time embedding before SiLU.
func CompileBlock(l *Layer, h, w, hidden int) *Plan {
	c := compiler{n: &Network{Layers: []Layer{*l}}, b: NewBuilder()}
	c.h = c.b.Input("x", h, w, l.In)
	if hidden > 0 {
		emb := c.b.Input("temb", 1, 1, hidden)
		c.temb = c.b.Linear(l.Name+".time", emb, true, None, c.b.Vector("temb", l.timeWidth()), 0, l.timeWidth())
	}
	c.layer(l)
	return c.b.Finish(c.h)
}
