package checkpoint

import "unnoise/wasm/unet"

// builder walks a network's layers in the order they run and writes each beside the names of its tensors. Every layout has one of its
// own on top.
type builder struct {
	c     *Checkpoint
	net   *unet.Network
	at    int   // channels of the hidden tensor
	skips []int // channels of the saved tensors
	// What all residual blocks of the network share.
	parts  resParts
	groups int
	eps    float64
	film   bool
}

// resParts are the names of a residual block's tensors behind the block's own.
type resParts struct{ norm1, conv1, time, norm2, conv2, skip string }

// res maps a residual block.
func (b *builder) res(l unet.Layer, from string) {
	in := b.at
	if l.Join {
		in += b.top()
	}
	l.Kind, l.Groups, l.Groups2, l.Eps, l.FiLM = unet.Res, b.groups, b.groups, b.eps, b.film
	width := l.Out
	if l.FiLM {
		width *= 2
	}
	from += "."
	b.norm(l.Name+".norm1", from+b.parts.norm1, in)
	b.conv3x3(l.Name+".conv1", from+b.parts.conv1, in, l.Out)
	b.linear(l.Name+".time", from+b.parts.time, b.net.Time.Hidden, width)
	b.norm(l.Name+".norm2", from+b.parts.norm2, l.Out)
	b.conv3x3(l.Name+".conv2", from+b.parts.conv2, l.Out, l.Out)
	if in != l.Out {
		b.conv(l.Name+".skip", from+b.parts.skip, in, l.Out, 1)
	}
	b.layer(l)
}

// classTable maps the rows added to the time embedding, where there are any.
func (b *builder) classTable(from string) {
	if shape := []int{b.net.Classes, b.net.Time.Hidden}; b.net.Classes > 0 {
		b.add("class.weight", mapping{from: []string{from}, shape: shape, order: tableRows, out: shape})
	}
}

// layer appends a layer that takes the hidden tensor, joined with the newest skip where it says so.
func (b *builder) layer(l unet.Layer) {
	l.In = b.at
	if l.Join {
		l.In += b.pop()
	}
	b.at = l.Out
	if l.Save {
		b.skips = append(b.skips, l.Out)
	}
	b.net.Layers = append(b.net.Layers, l)
}

func (b *builder) pop() int {
	if len(b.skips) == 0 {
		return 0 // Check reports the empty stack
	}
	n := b.skips[len(b.skips)-1]
	b.skips = b.skips[:len(b.skips)-1]
	return n
}

func (b *builder) top() int {
	if len(b.skips) == 0 {
		return 0
	}
	return b.skips[len(b.skips)-1]
}

// joined maps layers of the given shape [C,C,...] side by side to one 1x1 convolution.
func (b *builder) joined(name string, from []string, shape ...int) {
	channels := shape[0]
	w := mapping{shape: shape, order: outFirst, out: []int{1, 1, channels, channels * len(from)}}
	v := mapping{shape: []int{channels}, out: []int{channels * len(from)}}
	for _, f := range from {
		w.from, v.from = append(w.from, f+".weight"), append(v.from, f+".bias")
	}
	b.add(name+".weight", w)
	b.add(name+".bias", v)
}

func (b *builder) conv3x3(name, from string, in, out int) { b.conv(name, from, in, out, 3) }

func (b *builder) conv(name, from string, in, out, size int) {
	b.add(name+".weight", mapping{from: []string{from + ".weight"}, shape: []int{out, in, size, size}, order: outFirst, out: []int{size, size, in, out}})
	b.vector(name+".bias", from+".bias", out)
}

func (b *builder) linear(name, from string, in, out int) {
	b.add(name+".weight", mapping{from: []string{from + ".weight"}, shape: []int{out, in}, order: outFirst, out: []int{in, out}})
	b.vector(name+".bias", from+".bias", out)
}

func (b *builder) norm(name, from string, channels int) {
	b.vector(name+".weight", from+".weight", channels)
	b.vector(name+".bias", from+".bias", channels)
}

func (b *builder) vector(name, from string, n int) {
	b.add(name, mapping{from: []string{from}, shape: []int{n}, out: []int{n}})
}

func (b *builder) add(name string, m mapping) { b.c.maps[name] = m }
