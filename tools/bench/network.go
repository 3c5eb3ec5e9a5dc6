package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"unnoise/kernels"
	"unnoise/wasm/diffusion"
	"unnoise/wasm/model"
	"unnoise/wasm/unet"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// shape is a network of the form of Ho et al. (2020, appendix B) for square colour pictures.
type shape struct {
	side     int
	widths   []int
	perLevel int
	groups   int
	// attention is the level whose blocks are followed by attention.
	attention int
}

// shapes are the networks that are timed besides the shipped ones, with random weights.
var shapes = map[string]shape{
	"small":    {32, []int{32, 64, 128}, 1, 16, 1},        // 2.59 M parameters, 0.404 GMAC
	"cifar":    {32, []int{128, 256, 256, 256}, 2, 32, 1}, // google/ddpm-cifar10-32: 35.7 M, 6.22 GMAC
	"cifar64":  {64, []int{128, 256, 256, 256}, 2, 32, 1}, // the same at larger sizes
	"cifar128": {128, []int{128, 256, 256, 256}, 2, 32, 1},
	"ddpm256":  {256, []int{128, 128, 256, 256, 512, 512}, 2, 32, 4}, // google/ddpm-celebahq-256 and its like: 113.7 M
}

// convNetwork is a single 3x3 convolution of stride 1 as a network, for names like conv-8x8-256-256; nil for others.
func convNetwork(name string) *unet.Network {
	var h, w, in, out int
	if n, err := fmt.Sscanf(name, "conv-%dx%d-%d-%d", &h, &w, &in, &out); n != 4 || err != nil || in != out {
		return nil
	}
	return &unet.Network{InChannels: in, OutChannels: out, Height: h, Width: w, NullLabel: -1, Time: unet.Time{Dim: 4, Hidden: 4, FreqShift: 1},
		Layers: []unet.Layer{{Kind: unet.Conv, Name: "conv", In: in, Out: out}}}
}

// network writes the shape out as layers.
func (s shape) network() *unet.Network {
	b := layers{shape: s, at: 3, net: &unet.Network{InChannels: 3, OutChannels: 3, Height: s.side, Width: s.side, NullLabel: -1,
		Time: unet.Time{Dim: s.widths[0], Hidden: 4 * s.widths[0], FreqShift: 1}}}
	b.add(unet.Layer{Kind: unet.Conv, Name: "in", Out: s.widths[0], Save: true})
	last := len(s.widths) - 1
	for level, width := range s.widths {
		b.level("down."+strconv.Itoa(level), level, width, s.perLevel, false)
		if level < last {
			b.add(unet.Layer{Kind: unet.Down, Name: "down." + strconv.Itoa(level) + ".down", Out: width, Mode: unet.ConvRightBottom, Save: true})
		}
	}
	b.res("mid.res.0", b.at, false, false)
	b.attn("mid.attn.0", false)
	b.res("mid.res.1", b.at, false, false)
	for level, width := range slices.Backward(s.widths) {
		b.level("up."+strconv.Itoa(last-level), level, width, s.perLevel+1, true)
		if level > 0 {
			b.add(unet.Layer{Kind: unet.Up, Name: "up." + strconv.Itoa(last-level) + ".up", Out: width, Mode: unet.ConvNearest})
		}
	}
	b.add(unet.Layer{Kind: unet.Head, Name: "out", Out: 3, Groups: s.groups, Eps: 1e-6})
	return b.net
}

// layers is a network being written: the channels so far, and those of the saved tensors.
type layers struct {
	shape
	net   *unet.Network
	at    int
	saved []int
}

func (b *layers) add(l unet.Layer) {
	l.In, l.Divide = b.at, 1
	if l.Kind == unet.Conv || l.Kind == unet.Down || l.Kind == unet.Up || l.Kind == unet.Head {
		l.Divide = 0
	}
	if l.Join {
		l.In += b.saved[len(b.saved)-1]
		b.saved = b.saved[:len(b.saved)-1]
	}
	if l.Save {
		b.saved = append(b.saved, l.Out)
	}
	b.at = l.Out
	b.net.Layers = append(b.net.Layers, l)
}

func (b *layers) res(name string, out int, join, save bool) {
	b.add(unet.Layer{Kind: unet.Res, Name: name, Out: out, Join: join, Save: save, Groups: b.groups, Groups2: b.groups, Eps: 1e-6})
}

func (b *layers) attn(name string, save bool) {
	b.add(unet.Layer{Kind: unet.Attn, Name: name, Out: b.at, Save: save, Groups: b.groups, Eps: 1e-6, Heads: 1})
}

// level adds the blocks of a level; those on the way down are saved.
func (b *layers) level(name string, level, width, count int, up bool) {
	for i := range count {
		attends := level == b.attention
		b.res(name+".res."+strconv.Itoa(i), width, up, !up && !attends)
		if attends {
			b.attn(name+".attn."+strconv.Itoa(i), !up)
		}
	}
}

// randomPack is a pack of the network with random weights that keep activations of size 1.
func randomPack(name string, net *unet.Network) ([]byte, error) {
	plan, err := unet.Compile(net)
	if err != nil {
		return nil, errors.New(name + ": " + err.Error())
	}
	random := rand.New(rand.NewPCG(1, 2))
	var tensors []weights.Tensor
	for _, w := range plan.Weights {
		tensors = append(tensors, randomTensor(random, w))
	}
	process := diffusion.Config{TrainTimesteps: 1000, BetaSchedule: diffusion.Linear, BetaStart: 1e-4, BetaEnd: 0.02,
		Prediction: diffusion.Epsilon, Variance: diffusion.FixedLarge, Clip: 1, Spacing: diffusion.Leading}
	about := model.Provenance{Object: jsontree.NewObject().Set("name", name).Set("training", "none: random weights, to measure speed")}
	var out bytes.Buffer
	err = weights.WritePack(&out, model.Metadata(net, &process, about, nil), tensors)
	return out.Bytes(), err
}

func randomTensor(random *rand.Rand, w unet.WeightSpec) weights.Tensor {
	size := 1
	for _, n := range w.Shape {
		size *= n
	}
	if !w.Matrix {
		v := make([]float32, size)
		for i := range v {
			v[i] = float32(random.NormFloat64() * 0.1)
			if w.Name[len(w.Name)-6:] == "weight" {
				v[i]++ // a norm's gain
			}
		}
		return weights.FromFloat32s(w.Name, w.Shape, v)
	}
	scale := 1 / math.Sqrt(float64(size/w.Shape[len(w.Shape)-1]))
	data := make([]byte, 2*size)
	for i := range size {
		h := kernels.FloatToHalf(float32(random.NormFloat64() * scale))
		data[2*i], data[2*i+1] = byte(h), byte(h>>8)
	}
	return weights.Tensor{Name: w.Name, DType: weights.F16, Shape: w.Shape, Data: data}
}
