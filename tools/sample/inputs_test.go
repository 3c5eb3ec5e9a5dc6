package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/goldens"
	"unnoise/wasm/model"
	"unnoise/weights"
)

// writePack converts a network of the reference tree.
func writePack(t testing.TB, name string, dtype weights.DType, file string) {
	t.Helper()
	m := enginetest.Pack(t, filepath.Join(goldens.Dir(t), "unet", name), dtype)
	if err := os.WriteFile(file, pack(m), 0o644); err != nil {
		t.Fatal(err)
	}
}

// pack is the file of an open model, with whatever was changed in its description.
func pack(m *model.Model) []byte {
	var list []weights.Tensor
	for _, e := range m.Entries {
		t, err := m.Tensor(e.Name)
		if err != nil {
			panic(err)
		}
		list = append(list, t)
	}
	var buf bytes.Buffer
	if err := weights.WritePack(&buf, model.Metadata(m.Net, &m.Process, m.Provenance, m.Probe), list); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

func openPack(ts *testscript.TestScript, name string) *model.Model {
	data, err := os.ReadFile(ts.MkAbs(name))
	ts.Check(err)
	m, err := model.OpenBytes(data, name)
	ts.Check(err)
	return m
}

// damage KIND SRC DST: a pack with a fault.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	m := openPack(ts, args[1])
	switch args[0] {
	case "truncated":
		data = data[:len(data)-10]
	case "cut":
		data = data[:100]
	case "newer":
		data = bytes.Replace(data, []byte(`"format_version":"1"`), []byte(`"format_version":"2"`), 1)
	case "flipped":
		data[len(data)-1] ^= 1
	case "nullable": // no fault: a class model whose row 0 means no class
		m.Net.NullLabel = 0
		data = pack(m)
	case "sample": // no fault: a model that predicts x_0
		m.Process.Prediction = "sample"
		data = pack(m)
	case "nan": // a weight that is not a number, hashed as if all were well
		i := slices.IndexFunc(m.Entries, func(e weights.Entry) bool { return e.DType == weights.F32 && strings.HasSuffix(e.Name, ".bias") })
		t, err := m.Tensor(m.Entries[i].Name)
		ts.Check(err)
		copy(t.Data, weights.FromFloat32s("", nil, []float32{float32(math.NaN())}).Data)
		data = pack(m)
	default:
		ts.Fatalf("damage: unknown kind %s", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), data, 0o644))
}

// wave is a tensor of some values between -1 and 1.
func wave(name string, shape ...int) weights.Tensor {
	t := weights.Tensor{Shape: shape}
	v := make([]float32, t.Len())
	for i := range v {
		v[i] = float32(math.Sin(float64(i*i) + 0.5))
	}
	return weights.FromFloat32s(name, shape, v)
}

func atoi(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

func writeTensors(ts *testscript.TestScript, file string, list ...weights.Tensor) {
	var buf bytes.Buffer
	ts.Check(weights.Write(&buf, nil, list))
	ts.Check(os.WriteFile(ts.MkAbs(file), buf.Bytes(), 0o644))
}

// noise KIND PACK STEPS FILE: noise of 2 samples for replay.
func noise(ts *testscript.TestScript, _ bool, args []string) {
	n := openPack(ts, args[1]).Net
	steps := atoi(ts, args[2])
	xT, z := wave("x_T", 2, n.InChannels, n.Height, n.Width), wave("z", steps, n.InChannels, n.Height, n.Width)
	list := []weights.Tensor{xT, z}
	switch args[0] {
	case "shared":
	case "each": // the same noise written out for both samples
		size := len(z.Data) / steps
		data := []byte{}
		for row := range steps {
			one := z.Data[row*size:][:size]
			data = append(append(data, one...), one...)
		}
		list[1] = weights.Tensor{Name: "z", DType: weights.F32, Shape: []int{steps, 2, n.InChannels, n.Height, n.Width}, Data: data}
	case "no-z":
		list = list[:1]
	case "no-x":
		list = list[1:]
	case "wide-x":
		list[0] = wave("x_T", 2, n.InChannels, n.Height, n.Width+1)
	case "flat-x":
		list[0] = wave("x_T", n.InChannels, n.Height, n.Width)
	case "nan-x":
		copy(list[0].Data, weights.FromFloat32s("", nil, []float32{float32(math.NaN())}).Data)
	case "inf-z":
		copy(list[1].Data, weights.FromFloat32s("", nil, []float32{float32(math.Inf(1))}).Data)
	default:
		ts.Fatalf("noise: unknown kind %s", args[0])
	}
	writeTensors(ts, args[3], list...)
}

// cases KIND PACK FILE: inputs of 2 samples for eval.
func cases(ts *testscript.TestScript, _ bool, args []string) {
	n := openPack(ts, args[1]).Net
	x, t := wave("x.0", 2, n.InChannels, n.Height, n.Width), weights.FromInt64s("t.0", []int{2}, []int64{3, 500})
	list := []weights.Tensor{x, t}
	switch args[0] {
	case "good":
	case "labelled":
		list = append(list, weights.FromInt64s("y.0", []int{2}, []int64{0, 0}))
	case "wild-label":
		list = append(list, weights.FromInt64s("y.0", []int{2}, []int64{0, 1 << 40}))
	case "no-t":
		list = list[:1]
	case "short-t":
		list[1] = weights.FromFloat32s("t.0", []int{1}, []float32{3})
	case "wide-x":
		list[0] = wave("x.0", 2, n.InChannels, n.Height, n.Width+1)
	case "none":
		list = list[1:]
	default:
		ts.Fatalf("cases: unknown kind %s", args[0])
	}
	writeTensors(ts, args[2], list...)
}

// tile GRID N I ALONE: sample I of a grid of N is, pixel by pixel, the picture ALONE.
func tile(ts *testscript.TestScript, neg bool, args []string) {
	n, i := atoi(ts, args[1]), atoi(ts, args[2])
	grid, alone := decode(ts, args[0]), decode(ts, args[3])
	size, columns := alone.Bounds().Size(), 1
	for columns*columns < n {
		columns++
	}
	if got, want := grid.Bounds().Size(), size.Mul(columns); got.X != want.X || got.Y != (n+columns-1)/columns*size.Y {
		ts.Fatalf("%s is %v, samples are %v", args[0], got, size)
	}
	differ := 0
	for y := range size.Y {
		for x := range size.X {
			if grid.At(i%columns*size.X+x, i/columns*size.Y+y) != alone.At(x, y) {
				differ++
			}
		}
	}
	if (differ > 0) != neg {
		ts.Fatalf("%d pixels differ", differ)
	}
}

// empty DIR: the folder holds nothing, hidden files included.
func empty(ts *testscript.TestScript, _ bool, args []string) {
	list, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(list) > 0 {
		ts.Fatalf("%s holds %s", args[0], list[0].Name())
	}
}

// holds FILE NAME...: the .safetensors file has these tensors and metadata keys, and no other tensors.
func holds(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	f, err := weights.OpenBytes(data, args[0])
	ts.Check(err)
	tensors := 0
	for _, name := range args[1:] {
		if f.Has(name) {
			tensors++
		} else if f.Metadata[name] == "" {
			ts.Fatalf("no tensor and no metadata %s", name)
		}
	}
	if tensors != len(f.Entries) {
		ts.Fatalf("%d tensors, expected %d", len(f.Entries), tensors)
	}
}
