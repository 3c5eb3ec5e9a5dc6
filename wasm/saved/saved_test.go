package saved_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/goldens"
	"unnoise/wasm/sampler"
	"unnoise/wasm/saved"
	"unnoise/weights"
)

// requests are chains whose states differ in kind: with noise, without, with a history of each sort.
var requests = map[string]diffusion.Request{
	"ddpm":      {Sampler: diffusion.DDPM, Steps: 6},
	"ddim":      {Sampler: diffusion.DDIM, Steps: 6, Eta: 0.3},
	"dpmpp":     {Sampler: diffusion.DPMpp, Steps: 6, Solver: diffusion.Solver{Order: 3}},
	"dpmpp-sde": {Sampler: diffusion.DPMppSDE, Steps: 6, Solver: diffusion.Solver{Karras: true}},
	"unipc":     {Sampler: diffusion.UniPC, Steps: 6, Solver: diffusion.Solver{Order: 3}},
	"euler":     {Sampler: diffusion.Euler, Steps: 6},
	"ancestral": {Sampler: diffusion.EulerAncestral, Steps: 6},
	"heun":      {Sampler: diffusion.Heun, Steps: 4},
	"pndm":      {Sampler: diffusion.PNDM, Steps: 6},
	"plms":      {Sampler: diffusion.PLMS, Steps: 6},
}

// small is a small trained network.
type small struct {
	t       *testing.T
	d       *engine.Denoiser
	process diffusion.Config
	model   saved.Model
}

func load(t *testing.T) *small {
	m := enginetest.Pack(t, filepath.Join(goldens.Dir(t), "unet", "chain-tutorial"), weights.F16)
	d := enginetest.Denoiser(t, cpu.New(cpu.Options{Threads: 1}), m)
	return &small{t, d, m.Process, saved.Model{ID: m.ID(), Name: "tutorial", One: d.InShape(1)}}
}

// must ends the test with an error.
func (l *small) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// finish runs a chain to its end.
func (l *small) finish(c *sampler.Chain, err error) []float32 {
	l.t.Helper()
	l.must(err)
	defer c.Release()
	for !c.Done() {
		l.must(c.Step(l.t.Context()))
	}
	x := make([]float32, c.X().Shape().Len())
	l.must(c.X().Read(l.t.Context(), x))
	return x
}

// save runs a chain for some steps and saves it.
func (l *small) save(cfg sampler.Config, steps int) []byte {
	l.t.Helper()
	c, err := sampler.New(l.d, &l.process, cfg)
	l.must(err)
	defer c.Release()
	for range steps {
		l.must(c.Step(l.t.Context()))
	}
	state, err := c.State(l.t.Context())
	l.must(err)
	data, err := saved.Write(l.model, state)
	l.must(err)
	return data
}

// configs are the forms of chain.
func (l *small) configs() map[string]sampler.Config {
	list := map[string]sampler.Config{}
	for name, r := range requests {
		list[name] = sampler.Config{Request: r, Seed: 1<<63 + 5, Count: 2, First: 3}
	}
	picture := make([]float32, l.d.InShape(2).Len())
	for i := range picture {
		picture[i] = float32(i%7)/7 - 0.5
	}
	mask := slices.Repeat([]float32{0, 1, 0.25, 1}, l.d.InShape(1).H*l.d.InShape(1).W/4)
	r := diffusion.Request{Sampler: diffusion.DDPM, Steps: 6}
	list["kept part"] = sampler.Config{Request: r, Count: 2, Paint: &sampler.Paint{Picture: picture[:len(picture)/2], Mask: mask, Jump: 2, Repeats: 3}}
	list["kept parts"] = sampler.Config{Request: r, Count: 2, Paint: &sampler.Paint{Picture: picture, Mask: mask, Jump: 2, Repeats: 3}}
	r.Depth, r.Steps = 600, 12
	list["from depth"] = sampler.Config{Request: r, Count: 2, Begin: picture, OneNoise: true}
	return list
}

// A chain that was saved ends in the same picture to the bit, in one part or in two, whatever it remembers.
func TestResumeEndsTheSame(t *testing.T) {
	l := load(t)
	for name, cfg := range l.configs() {
		whole, err := sampler.New(l.d, &l.process, cfg)
		want := l.finish(whole, err)
		for _, steps := range []int{0, 3} {
			state, err := saved.Read(l.save(cfg, steps), l.model)
			l.must(err)
			c, err := sampler.Resume(l.d, &l.process, state)
			if !slices.Equal(l.finish(c, err), want) {
				t.Errorf("%s: resumed after %d steps it ends in another picture", name, steps)
			}
			var parts []float32
			var states []*sampler.State
			for i := range 2 {
				part, err := saved.Part(state, i, 1)
				l.must(err)
				states = append(states, part)
				c, err := sampler.Resume(l.d, &l.process, part)
				parts = append(parts, l.finish(c, err)...)
			}
			if !slices.Equal(parts, want) {
				t.Errorf("%s: in two parts it ends in other pictures", name)
			}
			joined, err := saved.Join(states)
			l.must(err)
			c, err = sampler.Resume(l.d, &l.process, joined)
			if !slices.Equal(l.finish(c, err), want) {
				t.Errorf("%s: joined again it ends in other pictures", name)
			}
		}
	}
}

// fillIn gives every field that a description holds a value of its own.
func fillIn(v reflect.Value, n *int) {
	for i := range v.NumField() {
		f := v.Field(i)
		*n++
		switch f.Kind() {
		case reflect.Int:
			f.SetInt(int64(*n))
		case reflect.Uint64:
			f.SetUint(1<<63 + uint64(*n))
		case reflect.Float64:
			f.SetFloat(float64(*n) + 1.0/3)
		case reflect.Bool:
			f.SetBool(true)
		case reflect.String:
			f.SetString("text" + string(rune('a'+*n)))
		case reflect.Struct:
			fillIn(f, n)
		case reflect.Slice:
			if f.Type().Elem().Kind() == reflect.Int {
				f.Set(reflect.ValueOf([]int{*n, *n + 1}))
			}
		}
	}
}

// Every option of a chain is in the file: a new one that is forgotten fails here.
func TestEveryOptionIsKept(t *testing.T) {
	one := engine.Shape{N: 1, C: 1, H: 2, W: 2}
	model := saved.Model{ID: "id", Name: "name", One: one}
	want := &sampler.State{Index: 3, X: make([]float32, 8), X0: make([]float32, 8), Histories: [][]float32{make([]float32, 8)}}
	n := 0
	fillIn(reflect.ValueOf(&want.Config).Elem(), &n)
	want.Config.Count, want.Config.Begin = 2, make([]float32, 8)
	want.Config.Paint = &sampler.Paint{Picture: make([]float32, 4), Mask: make([]float32, 4), Jump: 2, Repeats: 3}
	data, err := saved.Write(model, want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := saved.Read(data, model)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read   %+v\nwanted %+v", got, want)
	}
}

// What cannot be gone on with is refused with words that say why, and never read past its end.
func TestRefused(t *testing.T) {
	l := load(t)
	good := l.save(sampler.Config{Request: requests["unipc"], Count: 1}, 3)
	for at := range good {
		if at > 4000 && at%97 != 0 {
			continue
		}
		flipped := bytes.Clone(good)
		flipped[at] ^= 4
		if _, err := saved.Read(flipped, l.model); !errors.Is(err, saved.ErrForeign) {
			t.Fatalf("byte %d of %d changed: %v", at, len(good), err)
		}
	}
	for _, n := range []int{0, 7, 100, len(good) - 1} {
		if _, err := saved.Read(good[:n], l.model); !errors.Is(err, saved.ErrForeign) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	other := l.model
	other.ID, other.Name = strings.Repeat("f", 64), "faces"
	if _, err := saved.Read(good, other); !errors.Is(err, saved.ErrModel) || !strings.Contains(err.Error(), `"tutorial"`) || !strings.Contains(err.Error(), `"faces" (ffffffffffff)`) {
		t.Errorf("another model: %v", err)
	}
	if _, err := saved.Write(l.model, &sampler.State{Config: sampler.Config{Count: 1, Trace: func(int, []float32) {}}}); err == nil {
		t.Error("a chain with noise from outside was saved")
	}
}

// forged writes a file whose hashes are right and whose description is not.
func forged(t *testing.T, text string, tensors ...weights.Tensor) []byte {
	var b bytes.Buffer
	if err := weights.WritePack(&b, map[string]string{"chain": text}, tensors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestForgedIsRefused(t *testing.T) {
	model := saved.Model{ID: "m", One: engine.Shape{N: 1, C: 1, H: 2, W: 2}}
	x := func(name string, n int) weights.Tensor {
		return weights.FromFloat32s(name, []int{n, 1, 2, 2}, make([]float32, 4*n))
	}
	nan := x("x", 1)
	copy(nan.Data[4:], []byte{0, 0, 0xc0, 0x7f})
	for want, data := range map[string][]byte{
		"version 2":                             forged(t, `{"version":2,"what":[]}`),
		"makes no sense":                        forged(t, `{`),
		"out of range":                          forged(t, `{"version":1,"model":"m","seed":"1","count":5000}`),
		"must be a whole number":                forged(t, `{"version":1,"model":"m","seed":"1","count":"two"}`),
		"seed \"-1\"":                           forged(t, `{"version":1,"model":"m","seed":"-1","count":1}`),
		"3 labels for 1":                        forged(t, `{"version":1,"model":"m","seed":"1","count":1,"labels":[1,2,3]}`),
		"lacks tensor \"x\"":                    forged(t, `{"version":1,"model":"m","seed":"1","count":1}`, x("x0", 1)),
		"F32 [2,1,2,2], expected F32 [1,1,2,2]": forged(t, `{"version":1,"model":"m","seed":"1","count":1}`, x("x", 2), x("x0", 2)),
		"lacks tensor \"history.0\"":            forged(t, `{"version":1,"model":"m","seed":"1","count":1,"histories":1}`, x("x", 1), x("x0", 1)),
		"lacks tensor \"keep.mask\"":            forged(t, `{"version":1,"model":"m","seed":"1","count":1,"keeps":true}`, x("x", 1), x("x0", 1)),
		"not numbers":                           forged(t, `{"version":1,"model":"m","seed":"1","count":1}`, nan, x("x0", 1)),
	} {
		if _, err := saved.Read(data, model); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "the saved chain ") {
			t.Errorf("wanted an error with %q, got %v", want, err)
		}
	}
	var model2 bytes.Buffer
	if err := weights.WritePack(&model2, map[string]string{"network": "{}"}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := saved.Read(model2.Bytes(), model); err == nil || !strings.Contains(err.Error(), "it is a model") {
		t.Errorf("a model: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	model := saved.Model{ID: "m", One: engine.Shape{N: 1, C: 1, H: 2, W: 2}}
	f.Add(`{"version":1,"model":"m","seed":"1","count":1,"labels":[1],"keeps":true,"histories":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		var b bytes.Buffer
		x := weights.FromFloat32s("x", []int{1, 1, 2, 2}, make([]float32, 4))
		x0 := x
		x0.Name = "x0"
		if err := weights.WritePack(&b, map[string]string{"chain": text}, []weights.Tensor{x, x0}); err != nil {
			return
		}
		if s, err := saved.Read(b.Bytes(), model); err == nil && len(s.X) != 4*s.Config.Count {
			t.Errorf("%d values for %d samples", len(s.X), s.Config.Count)
		}
	})
}
