package unet_test

import (
	"errors"
	"strings"
	"testing"

	"unnoise/wasm/unet"
)

// small is a network that has every kind of layer.
func small() *unet.Network {
	return ddpm(shape{channels: 3, side: 8, widths: []int{8, 16}, perLevel: 1, attention: 1, groups: 4, classes: 10})
}

// layer finds a layer by name.
func layer(n *unet.Network, name string) *unet.Layer {
	for i := range n.Layers {
		if n.Layers[i].Name == name {
			return &n.Layers[i]
		}
	}
	panic("no layer " + name)
}

// broken are networks that cannot be computed: what is done to a layer, and what the error must say besides its name.
var broken = []struct {
	layer, says string
	breakIt     func(l *unet.Layer)
}{
	{"in", "takes 4 channels but gets 3", func(l *unet.Layer) { l.In = 4 }},
	{"in", "unknown kind", func(l *unet.Layer) { l.Kind = "conv5" }},
	{"in", "channels", func(l *unet.Layer) { l.Out = 0 }},
	{"in", "channels", func(l *unet.Layer) { l.Out = 1 << 30 }},
	{"in", "none is left", func(l *unet.Layer) { l.Join = true }},
	{"down.0.res.0", "8 channels do not divide into 3 groups", func(l *unet.Layer) { l.Groups = 3 }},
	{"down.0.res.0", "0 groups", func(l *unet.Layer) { l.Groups2 = 0 }},
	{"down.0.res.0", "-4 groups", func(l *unet.Layer) { l.Groups = -4 }},
	{"down.0.res.0", "eps", func(l *unet.Layer) { l.Eps = 0 }},
	{"down.0.res.0", "eps", func(l *unet.Layer) { l.Eps = 2 }},
	{"down.0.res.0", "eps", func(l *unet.Layer) { l.Eps = nan }},
	{"down.0.res.0", "divided", func(l *unet.Layer) { l.Divide = 0 }},
	{"down.0.res.0", "divided", func(l *unet.Layer) { l.Divide = nan }},
	{"down.0.res.0", "unknown mode", func(l *unet.Layer) { l.Mode = unet.ConvSame }},
	{"down.0.down", "unknown mode", func(l *unet.Layer) { l.Mode = unet.Plain }},
	{"down.0.down", "changes the channels without weights", func(l *unet.Layer) { l.Mode, l.Out = unet.Mean, 16 }},
	{"mid.attn", "16 channels do not divide into 3 heads", func(l *unet.Layer) { l.Heads = 3 }},
	{"mid.attn", "0 heads", func(l *unet.Layer) { l.Heads = 0 }},
	{"mid.attn", "keep the number of channels", func(l *unet.Layer) { l.Out = 32 }},
	{"mid.attn", "groups", func(l *unet.Layer) { l.Groups = 5 }},
	{"mid.attn", "divided", func(l *unet.Layer) { l.Divide = -1 }},
	{"mid.1", "no name of its own", func(l *unet.Layer) { l.Name = "mid.0" }},
	{"up.1.up", "unknown mode", func(l *unet.Layer) { l.Mode = "bilinear" }},
	{"head", "groups", func(l *unet.Layer) { l.Groups = 7 }},
}

func TestCheckRefusesLayers(t *testing.T) {
	for _, c := range broken {
		n := small()
		l := layer(n, c.layer)
		c.breakIt(l)
		_, err := unet.Compile(n)
		var le *unet.LayerError
		if !errors.As(err, &le) || le.Layer != l.Name || !strings.Contains(err.Error(), l.Name) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one of this layer that says %q", c.layer, err, c.says)
		}
	}
}

func TestCheckRefusesWholes(t *testing.T) {
	for says, breakIt := range map[string]func(n *unet.Network){
		"channels":                   func(n *unet.Network) { n.InChannels = 0 },
		"channels must":              func(n *unet.Network) { n.OutChannels = 1 << 20 },
		"the last layer leaves":      func(n *unet.Network) { n.OutChannels = 4 },
		"sides":                      func(n *unet.Network) { n.Height = 0 },
		"sides must":                 func(n *unet.Network) { n.Width = 1 << 13 },
		"widths":                     func(n *unet.Network) { n.Time.Hidden = 0 },
		"no frequencies":             func(n *unet.Network) { n.Time.Dim = 1 },
		"width 8 has no frequencies": func(n *unet.Network) { n.Time.FreqShift = 4 },
		"classes":                    func(n *unet.Network) { n.Classes = -1 },
		"null label":                 func(n *unet.Network) { n.NullLabel = 10 },
		"1 to 4096 layers":           func(n *unet.Network) { n.Layers = nil },
		"must be divisible by":       func(n *unet.Network) { n.Height = 7 }, // 4 rows after the step down, 8 after the step up
		"never joined":               func(n *unet.Network) { layer(n, "up.0.res.1").Save = true },
	} {
		n := small()
		breakIt(n)
		if err := n.Check(); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

func TestCheckAccepts(t *testing.T) {
	for _, n := range []*unet.Network{small(), ddpm(nouns)} {
		if err := n.Check(); err != nil {
			t.Error(err)
		}
	}
	one := ddpm(shape{channels: 1, side: 1, widths: []int{4}, perLevel: 1, attention: 0, groups: 1})
	if err := one.Check(); err != nil {
		t.Errorf("a picture of one pixel: %v", err)
	}
}
