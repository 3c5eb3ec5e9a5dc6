package unet

import (
	"errors"
	"strconv"
)

// Limits of what a network may ask for: far beyond any published model, small enough that no product overflows.
const (
	maxChannels = 1 << 14
	maxPixels   = 1 << 12 // a side
	maxLayers   = 1 << 12
)

// LayerError says which layer of a network cannot be computed, and why.
type LayerError struct {
	Layer   string
	Problem string
}

func (e *LayerError) Error() string { return "network layer " + e.Layer + ": " + e.Problem }

type size struct{ h, w, c int }

// checker follows the hidden tensor's size and the skips through the layers.
type checker struct {
	at    size
	skips []size
	names map[string]bool
}

// Check reports the first thing that makes the network impossible to compute: *LayerError, or an error about the whole.
func (n *Network) Check() error {
	if err := n.checkWhole(); err != nil {
		return err
	}
	c := checker{at: size{n.Height, n.Width, n.InChannels}, names: map[string]bool{}}
	for i := range n.Layers {
		l := &n.Layers[i]
		if problem := c.layer(l); problem != "" {
			return &LayerError{l.Name, problem}
		}
	}
	switch {
	case c.at != size{n.Height, n.Width, n.OutChannels}:
		return errors.New("network: the last layer leaves " + c.at.String() + ", expected " + size{n.Height, n.Width, n.OutChannels}.String())
	case len(c.skips) != 0:
		return errors.New("network: " + strconv.Itoa(len(c.skips)) + " saved tensors are never joined")
	}
	return nil
}

func (n *Network) checkWhole() error {
	switch {
	case bad(n.InChannels, maxChannels) || bad(n.OutChannels, maxChannels):
		return errors.New("network: channels must be 1 to " + strconv.Itoa(maxChannels))
	case bad(n.Height, maxPixels) || bad(n.Width, maxPixels):
		return errors.New("network: the picture's sides must be 1 to " + strconv.Itoa(maxPixels))
	case bad(n.Time.Dim, maxChannels) || bad(n.Time.Hidden, maxChannels):
		return errors.New("network: the time embedding's widths must be 1 to " + strconv.Itoa(maxChannels))
	case n.Time.Dim < 2 || float64(n.Time.Dim/2) == n.Time.FreqShift:
		return errors.New("network: a time embedding of width " + strconv.Itoa(n.Time.Dim) + " has no frequencies")
	case !(n.Time.Scale >= 0 && n.Time.Scale <= 1e6):
		return errors.New("network: timesteps must be scaled by a number from 0 to 1e6")
	case n.Classes < 0 || n.Classes > 1<<20 || n.NullLabel >= max(n.Classes, 1):
		return errors.New("network: bad number of classes or null label")
	case len(n.Layers) == 0 || len(n.Layers) > maxLayers:
		return errors.New("network: needs 1 to " + strconv.Itoa(maxLayers) + " layers")
	}
	return nil
}

// layer checks one layer and moves on; it returns what is wrong, or "".
func (c *checker) layer(l *Layer) string {
	if l.Name == "" || c.names[l.Name] {
		return "has no name of its own"
	}
	c.names[l.Name] = true
	if l.Join {
		if problem := c.join(); problem != "" {
			return problem
		}
	}
	if l.In != c.at.c {
		return "takes " + strconv.Itoa(l.In) + " channels but gets " + strconv.Itoa(c.at.c)
	}
	if bad(l.Out, maxChannels) {
		return "channels must be 1 to " + strconv.Itoa(maxChannels)
	}
	if problem := c.kind(l); problem != "" {
		return problem
	}
	c.at.c = l.Out
	if l.Save {
		c.skips = append(c.skips, c.at)
	}
	return ""
}

func (c *checker) join() string {
	if len(c.skips) == 0 {
		return "joins a saved tensor but none is left"
	}
	skip := c.skips[len(c.skips)-1]
	c.skips = c.skips[:len(c.skips)-1]
	if skip.h != c.at.h || skip.w != c.at.w {
		return "joins a saved tensor of " + skip.String() + " to one of " + c.at.String() + ": the picture's sides must be divisible by the network's reduction"
	}
	c.at.c += skip.c
	return ""
}

func (c *checker) kind(l *Layer) string {
	switch l.Kind {
	case Conv:
		return ""
	case Res:
		return c.res(l)
	case Attn:
		return c.attn(l)
	case Down:
		return c.resize(l.Mode, l, ConvSame, ConvRightBottom, Mean)
	case Up:
		return c.resize(l.Mode, l, ConvNearest, Nearest)
	case Head:
		return groups(l.Groups, l.In, l.Eps)
	}
	return "unknown kind " + strconv.Quote(string(l.Kind))
}

func (c *checker) res(l *Layer) string {
	if problem := groups(l.Groups, l.In, l.Eps); problem != "" {
		return problem
	}
	if problem := groups(l.Groups2, l.Out, l.Eps); problem != "" {
		return problem
	}
	if !(l.Divide > 0) {
		return "is divided by a number that is not positive"
	}
	return c.resize(l.Mode, l, Plain, Mean, Nearest)
}

func (c *checker) attn(l *Layer) string {
	if l.Groups != 0 {
		if problem := groups(l.Groups, l.In, l.Eps); problem != "" {
			return problem
		}
	}
	switch {
	case l.In != l.Out:
		return "attention must keep the number of channels"
	case l.Heads < 1 || l.Out%l.Heads != 0:
		return strconv.Itoa(l.Out) + " channels do not divide into " + strconv.Itoa(l.Heads) + " heads"
	case !(l.Divide > 0):
		return "is divided by a number that is not positive"
	}
	return ""
}

// resize follows a change of size by one of the allowed modes.
func (c *checker) resize(m Mode, l *Layer, allowed ...Mode) string {
	ok := false
	for _, a := range allowed {
		ok = ok || a == m
	}
	if !ok {
		return "unknown mode " + strconv.Quote(string(m))
	}
	switch m {
	case ConvSame:
		c.at.h, c.at.w = (c.at.h-1)/2+1, (c.at.w-1)/2+1
	case ConvRightBottom:
		c.at.h, c.at.w = halved(c.at.h), halved(c.at.w)
	case Mean:
		c.at.h, c.at.w = c.at.h/2, c.at.w/2
	case ConvNearest, Nearest:
		c.at.h, c.at.w = 2*c.at.h, 2*c.at.w
	}
	if bad(c.at.h, maxPixels) || bad(c.at.w, maxPixels) {
		return "leaves a picture of " + c.at.String()
	}
	if (l.Kind == Up || l.Kind == Down) && (m == Mean || m == Nearest) && l.In != l.Out {
		return "changes the channels without weights"
	}
	return ""
}

// halved is the size after a stride-2 convolution with one zero at the end; 0 where nothing is left.
func halved(n int) int {
	if n < 2 {
		return 0
	}
	return (n-2)/2 + 1
}

func groups(g, c int, eps float64) string {
	switch {
	case g < 1 || c%g != 0:
		return strconv.Itoa(c) + " channels do not divide into " + strconv.Itoa(g) + " groups"
	case !(eps > 0) || eps > 1:
		return "the norm's eps must be above 0 and at most 1"
	}
	return ""
}

func bad(n, limit int) bool { return n < 1 || n > limit }

func (s size) String() string {
	return strconv.Itoa(s.h) + "x" + strconv.Itoa(s.w) + "x" + strconv.Itoa(s.c)
}
