package codec

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"unnoise/kernels"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/goldens"
	"unnoise/wasm/model"
	"unnoise/weights"
)

// packs are converted networks, by name.
var packs = map[string]*model.Model{}

func open(t testing.TB, name string, o cpu.Options) Model {
	t.Helper()
	if packs[name] == nil {
		packs[name] = enginetest.Pack(t, goldens.Dir(t)+"/unet/"+name, weights.F16)
	}
	m := packs[name]
	return Model{enginetest.Denoiser(t, cpu.New(o), m), &m.Process, m.ID()}
}

// pictures are those of the likelihood references, which the networks were trained on the like of.
func pictures(t testing.TB, name string) [][]float64 {
	t.Helper()
	f := goldens.Open(t, "likelihood", name+".safetensors")
	all := f.Float64s("images")
	size := len(all) / f.Shape("images")[0]
	var list [][]float64
	for at := 0; at < len(all); at += size {
		x := all[at:][:size]
		for i := range x {
			x[i] = x[i]/127.5 - 1
		}
		list = append(list, x)
	}
	return list
}

// quick keeps the tests short: indices of few bits.
var quick = Options{BlockBits: 10, Margin: 2, Label: -1}

func encoded(t testing.TB, m Model, x []float64, o Options) *Encoded {
	t.Helper()
	e, err := Encode(t.Context(), m, x, o, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func decoded(t testing.TB, m Model, data []byte, f Finish) *Decoded {
	t.Helper()
	d, err := Decode(t.Context(), m, data, f, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rmse is in levels of 255.
func rmse(got []float32, want []float64) float64 {
	sum := 0.0
	for i, v := range want {
		sum += (float64(got[i]) - v) * (float64(got[i]) - v)
	}
	return 127.5 * math.Sqrt(sum/float64(len(want)))
}

// Pictures come back nearly as they were, for at most 1.5 times the bound, which is one of means; the steps' figures add up.
func TestRoundTrip(t *testing.T) {
	var spent, bounds float64
	take := 3
	if runtime.GOARCH == "wasm" { // one thread, the same code
		take = 1
	}
	for _, name := range []string{"nll100-tutorial", "nll100-google", "chain-tutorial"} {
		m := open(t, name, cpu.Options{})
		for i, x := range pictures(t, name)[:take] {
			e := encoded(t, m, x, Options{BlockBits: 12, Label: -1})
			d := decoded(t, m, e.Data, Finish{})
			if got := rmse(d.Picture, x); got > e.RMSE+0.1 || e.RMSE > 10 || d.Level != 0 || d.Have != d.Whole {
				t.Errorf("%s, picture %d: off by %.2f of 255, the sender says %.2f; level %d", name, i, got, e.RMSE, d.Level)
			}
			stream := float64(8 * (len(e.Data) - e.Header))
			spent, bounds = spent+stream, bounds+e.Bound
			bits, bound, level := 0.0, 0.0, m.Process.TrainTimesteps-1
			for _, s := range e.Steps {
				if s.From != level || s.To >= s.From || s.Parts < 1 {
					t.Fatalf("step %+v after level %d", s, level)
				}
				bits, bound, level = bits+s.Bits, bound+s.Bound, s.To
			}
			if level != 0 || math.Abs(bound-e.Bound) > 1e-6 || math.Abs(bits-stream) > 40 {
				t.Errorf("%s, picture %d: steps end at %d with %.0f bits of %.0f and a bound of %g of %g", name, i, level, bits, stream, bound, e.Bound)
			}
			t.Logf("%s, picture %d: %.0f bits, %.2f of the bound; off by %.2f of 255", name, i, stream, stream/e.Bound, e.RMSE)
		}
	}
	if spent > 1.5*bounds {
		t.Errorf("%.0f bits, bound %.0f", spent, bounds)
	}
}

// A file written by one form of the engine decodes on another to the same picture, to one level of 255.
func TestOtherEngine(t *testing.T) {
	fast, plain := open(t, "chain-tutorial", cpu.Options{}), open(t, "chain-tutorial", cpu.Options{Plain: true})
	e := encoded(t, fast, pictures(t, "chain-tutorial")[0], quick)
	a, b := decoded(t, fast, e.Data, Finish{}), decoded(t, plain, e.Data, Finish{})
	for i, v := range a.Picture {
		if d := int(kernels.Level(v)) - int(kernels.Level(b.Picture[i])); d < -1 || d > 1 {
			t.Errorf("value %d is %g and %g", i, v, b.Picture[i])
		}
	}
}

// A file cut anywhere behind its header decodes: the farther it goes the nearer the picture, and it says what it had.
func TestCut(t *testing.T) {
	m := open(t, "nll100-tutorial", cpu.Options{})
	list := pictures(t, "nll100-tutorial")
	errs := map[string][]float64{}
	for _, x := range list {
		e := encoded(t, m, x, quick)
		stream := len(e.Data) - e.Header
		for name, keep := range map[string]int{"full": stream, "half": stream / 2, "quarter": stream / 4, "none": 0} {
			for finish, f := range map[string]Finish{"": {}, " ancestral": {Ancestral: true, Seed: 3}} {
				d := decoded(t, m, e.Data[:e.Header+keep], f)
				if d.Have != keep || d.Whole != stream || (d.Level == 0) != (keep == stream) {
					t.Errorf("%s: %d of %d bytes, level %d", name, d.Have, d.Whole, d.Level)
				}
				errs[name+finish] = append(errs[name+finish], rmse(d.Picture, x))
			}
		}
		for n := range stream {
			decoded(t, m, e.Data[:e.Header+n], Finish{Steps: 1})
		}
	}
	mean := func(name string) (sum float64) {
		for _, v := range errs[name] {
			sum += v / float64(len(list))
		}
		return sum
	}
	for _, finish := range []string{"", " ancestral"} {
		full, half, quarter, none := mean("full"+finish), mean("half"+finish), mean("quarter"+finish), mean("none"+finish)
		t.Logf("off by %.1f, %.1f, %.1f, %.1f of 255%s", full, half, quarter, none, finish)
		if !(full < half && half < quarter && quarter < none) {
			t.Errorf("off by %.1f (full), %.1f, %.1f, %.1f (none)%s", full, half, quarter, none, finish)
		}
	}
	if mean("half") >= mean("half ancestral") {
		t.Error("ddim lies no nearer than ancestral sampling")
	}
}

// The chosen candidates are samples of N(delta, 1), not the nearest ones: projected on delta they have its mean and a variance near 1.
func TestChooseSamples(t *testing.T) {
	const n, trials = 1 << 12, 400
	delta := make([]float32, 32)
	for i := range delta {
		delta[i] = 0.5 * float32(i%3-1)
	}
	length := 0.0
	for _, v := range delta {
		length += float64(v * v)
	}
	length = math.Sqrt(length) // 2.3: 3.9 bits, so that 2^12 candidates leave no bias to speak of
	var sum, squares, z [3]float64
	room := make([]float32, len(delta))
	for trial := range trials {
		k, err := choose(t.Context(), delta, 1, uint32(trial), n)
		if err != nil {
			t.Fatal(err)
		}
		coarse().Fill(room, 0, 1, uint32(trial), k)
		along := 0.0
		for i, v := range room {
			along += float64(v) * float64(delta[i]) / length
		}
		sum[0] += along / trials
		squares[0] += (along - length) * (along - length) / trials
		z[0] += float64(room[1]) / trials // delta is 0 there
	}
	// Standard errors: 0.05 of the means, 0.07 of the variance.
	if math.Abs(sum[0]-length) > 0.2 || math.Abs(squares[0]-1) > 0.3 || math.Abs(z[0]) > 0.2 {
		t.Errorf("mean %.2f along a shift of %.2f, variance %.2f, mean across %.2f", sum[0], length, squares[0], z[0])
	}
}

// A picture unlike anything the model knows is coded all the same, in bounded time.
func TestUnusualPicture(t *testing.T) {
	m := open(t, "nll100-tutorial", cpu.Options{})
	x := make([]float64, 64)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range x {
		x[i] = float64(r.IntN(2)*2 - 1)
	}
	e := encoded(t, m, x, quick)
	if got := rmse(decoded(t, m, e.Data, Finish{}).Picture, x); got > 40 {
		t.Errorf("off by %.1f of 255 for %d bytes", got, len(e.Data))
	}
}

func TestRefuses(t *testing.T) {
	m := open(t, "nll100-tutorial", cpu.Options{})
	other := open(t, "chain-tutorial", cpu.Options{})
	e := encoded(t, m, pictures(t, "nll100-tutorial")[0], quick)
	newer := slices.Clone(e.Data)
	newer[2] = 2
	for what, c := range map[string]struct {
		m    Model
		data []byte
		err  error
		says string
	}{
		"empty":       {m, nil, ErrForeign, ""},
		"foreign":     {m, []byte("\x89PNG\r\n\x1a\n0123456789"), ErrForeign, ""},
		"cut header":  {m, e.Data[:e.Header-1], ErrCut, ""},
		"one byte":    {m, e.Data[:1], ErrCut, ""},
		"other model": {other, e.Data, nil, "another model"},
		"newer":       {m, newer, nil, "version 2"},
		"too long":    {m, append(slices.Clone(e.Data), 0), ErrDamaged, ""},
	} {
		_, err := Decode(t.Context(), c.m, c.data, Finish{}, func(int) {})
		if err == nil || c.err != nil && !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	for what, o := range map[string]Options{"bits": {BlockBits: 40}, "margin": {Margin: 9}, "label": {Label: 3}} {
		if _, err := Encode(t.Context(), m, make([]float64, 64), o, func(int) {}); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if _, err := Encode(t.Context(), m, make([]float64, 3), quick, func(int) {}); err == nil {
		t.Error("a picture of another size is coded")
	}
}

// Damaged streams decode to something or are refused; nothing hangs or grows.
func FuzzDecode(f *testing.F) {
	m := open(f, "nll100-tutorial", cpu.Options{})
	e := encoded(f, m, pictures(f, "nll100-tutorial")[0], quick)
	f.Add(e.Data)
	for i := range 40 {
		bad := slices.Clone(e.Data)
		bad[i*len(bad)/40] ^= byte(1 << (i % 8))
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = Decode(t.Context(), m, data, Finish{Steps: 1}, func(int) {})
	})
}
