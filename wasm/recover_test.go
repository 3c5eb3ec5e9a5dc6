//go:build js && wasm

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall/js"
	"testing"

	"unnoise/wasm/checkpoint"
	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/goldens"
	"unnoise/wasm/model"
	"unnoise/wasm/sampler"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// tinyPack is a pack of a reference network.
func tinyPack(t *testing.T) []byte {
	t.Helper()
	c, err := checkpoint.Open(os.DirFS(filepath.Join(goldens.Dir(t), "unet", "chain-google")), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var b bytes.Buffer
	k, err := c.Convert(t.Context(), &b, weights.F16, model.Provenance{Object: jsontree.NewObject()})
	if err != nil {
		t.Fatal(err)
	}
	return append(k.Header(), b.Bytes()...)
}

// openFragile opens a session whose first devices are lost after so many calls each; all later ones last.
func openFragile(t *testing.T, pack []byte, asked string, lost ...int) *session {
	t.Helper()
	m, err := model.OpenBytes(pack, "tiny")
	if err != nil {
		t.Fatal(err)
	}
	s := &session{model: m, asked: asked, chains: map[*chain]bool{}}
	s.open = func(ctx context.Context, name string) (engine.Engine, error) {
		if name != "webgpu" {
			return s.newEngine(ctx, name)
		}
		if len(lost) == 0 {
			return newFragile(-1), nil
		}
		calls := lost[0]
		lost = lost[1:]
		return newFragile(calls), nil
	}
	return s
}

// draw runs a chain as the page does: steps, and a look at the state after each.
func draw(s *session) (picture []byte, err error) {
	ctx := context.Background()
	cfg := sampler.Config{Seed: 5, Count: 2, Request: diffusion.Request{Sampler: diffusion.DDPM, Steps: 6}}
	ch, err := s.start(ctx, func() (*sampler.Chain, error) { return sampler.New(s.denoiser, &s.model.Process, cfg) })
	if err != nil {
		return nil, err
	}
	for !ch.run.Done() {
		if err := ch.step(ctx); err != nil {
			return nil, err
		}
		for _, which := range []string{"x0", "x"} {
			if picture, err = ch.frame(ctx, which); err != nil {
				return nil, err
			}
		}
	}
	return picture, nil
}

// callsOf is how many calls a whole session takes: to be chosen, and to draw.
func callsOf(t *testing.T, pack []byte) (choose, all int, picture []byte) {
	const many = 1 << 30
	s := openFragile(t, pack, "webgpu", many)
	if err := s.choose(context.Background()); err != nil {
		t.Fatal(err)
	}
	e := s.denoiser.Engine.(*fragile)
	choose = many - e.left
	picture, err := draw(s)
	if err != nil {
		t.Fatal(err)
	}
	return choose, many - e.left, picture
}

// Whichever call it is that finds the device lost, the picture is the same.
func TestLossAtEveryCall(t *testing.T) {
	pack := tinyPack(t)
	choose, all, want := callsOf(t, pack)
	for n := choose; n < all; n++ {
		s := openFragile(t, pack, "webgpu", n)
		if err := s.choose(context.Background()); err != nil {
			t.Fatal(err)
		}
		got, err := draw(s)
		if err != nil {
			t.Fatalf("lost at call %d of %d: %v", n, all, err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("lost at call %d of %d: another picture", n, all)
		}
		if len(s.dropped) != 1 || !strings.Contains(s.dropped[0].reason, "device lost") {
			t.Fatalf("lost at call %d: dropped %v", n, s.dropped)
		}
	}
}

// A device that comes back only to be lost again, while it is tested or while the chain is put back, is replaced again.
func TestLossesInARow(t *testing.T) {
	pack := tinyPack(t)
	choose, all, want := callsOf(t, pack)
	for name, lost := range map[string][]int{
		"while tested":     {all - 3, choose / 2},
		"while put back":   {all - 3, choose, choose + 2},
		"as soon as there": {all - 3, 0, 0},
	} {
		s := openFragile(t, pack, "webgpu", lost...)
		if err := s.choose(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, err := draw(s); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, the same picture: %v", name, err, bytes.Equal(got, want))
		}
	}
}

// A GPU that is lost again and again is given up: for the CPU where any engine will do, with an error where it was named.
func TestLossesWithoutEnd(t *testing.T) {
	pack := tinyPack(t)
	choose, all, want := callsOf(t, pack)
	var lost []int
	for range maxLosses + 2 {
		lost = append(lost, choose+1)
	}
	lost[0] = all - 3
	auto := openFragile(t, pack, "auto", lost...)
	if err := auto.choose(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got, err := draw(auto); err != nil || !bytes.Equal(got, want) || auto.denoiser.Engine.Info().Engine != "cpu" {
		t.Errorf("auto: %v on %s, the same picture: %v", err, auto.denoiser.Engine.Info().Engine, bytes.Equal(got, want))
	}
	forced := openFragile(t, pack, "webgpu", lost...)
	if err := forced.choose(context.Background()); err != nil {
		t.Fatal(err)
	}
	_, err := draw(forced)
	var n *namedError
	if !errors.As(err, &n) || n.name != "DeviceLostError" {
		t.Fatalf("webgpu: %v, want a DeviceLostError", err)
	}
	// Asked again, it starts anew with what the browser offers now.
	if got, err := draw(forced); err != nil || !bytes.Equal(got, want) {
		t.Errorf("asked again: %v, the same picture: %v", err, bytes.Equal(got, want))
	}
}

// What is computed of a picture outlasts a loss too, and comes out the same.
func TestLossWhileCoding(t *testing.T) {
	pack := tinyPack(t)
	choose, _, _ := callsOf(t, pack)
	rgba := make([]byte, 4*8*8)
	for i := range rgba {
		rgba[i] = byte(37*i) | 3
	}
	picture := js.ValueOf(object("rgba", bytesToJS(rgba), "width", 8, "height", 8))
	code := func(c *core) (any, error) {
		return c.encode(context.Background(), args{js.ValueOf(1), picture, js.ValueOf(object("blockBits", 6))})
	}
	coded, _, err := withCore(t, pack, 1<<30, code)
	if err != nil {
		t.Fatal(err)
	}
	bytes := js.ValueOf(coded).Get("bytes")
	for name, work := range map[string]func(*core) (any, error){
		"encode": code,
		"decode": func(c *core) (any, error) { return c.decode(context.Background(), args{js.ValueOf(1), bytes}) },
		"nll": func(c *core) (any, error) {
			return c.nll(context.Background(), args{js.ValueOf(1), picture, js.ValueOf(object("draws", 1, "timesteps", 2))})
		},
	} {
		want, all, err := withCore(t, pack, 1<<30, work)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, n := range []int{choose, (choose + all) / 2, all - 1} {
			got, _, err := withCore(t, pack, n, work)
			if err != nil {
				t.Errorf("%s, lost at call %d of %d: %v", name, n, all, err)
			} else if textOfJS(got) != textOfJS(want) {
				t.Errorf("%s, lost at call %d of %d: another result", name, n, all)
			}
		}
	}
}

// withCore does work on a core whose session 1 loses its first device after so many calls; it tells how many were made of it.
func withCore(t *testing.T, pack []byte, calls int, work func(*core) (any, error)) (result any, made int, err error) {
	t.Helper()
	s := openFragile(t, pack, "webgpu", calls)
	if err := s.choose(context.Background()); err != nil {
		t.Fatal(err)
	}
	first := s.denoiser.Engine.(*fragile)
	result, err = work(&core{sessions: map[int]*session{1: s}, chains: map[int]*chain{}})
	return result, calls - first.left, err
}

// textOfJS is a result as text. Objects made of Go maps have their keys in any order, so they are taken in this one.
func textOfJS(v any) string {
	o := js.ValueOf(v)
	keys := js.ValueOf([]any{"bits", "bound", "rmse", "width", "height", "share", "level", "bitsPerDim", "standardError", "prior", "terms", "t", "epsMSE", "x0MSE"})
	text := js.Global().Get("JSON").Call("stringify", o, keys).String()
	for _, key := range []string{"bytes", "rgba"} {
		text += " " + js.Global().Get("String").Invoke(o.Get(key)).String()
	}
	return text
}
