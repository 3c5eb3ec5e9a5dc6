package sampler_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/sampler"
)

// painting keeps the left half of a picture of stripes; its right half is drawn.
func painting(l *loaded, repeats int) sampler.Config {
	s := l.d.InShape(1)
	p := &sampler.Paint{Picture: make([]float32, s.Len()), Mask: make([]float32, s.H*s.W), Jump: 3, Repeats: repeats}
	for i := range p.Picture {
		p.Picture[i] = float32(i%3) - 1
		if i%s.W < s.W/2 {
			p.Mask[i%len(p.Mask)] = 1
		}
	}
	return sampler.Config{Request: diffusion.Request{Sampler: diffusion.DDPM, Steps: 12}, Seed: 7, Count: 2, Paint: p}
}

// The kept part ends as it was, the drawn part as a picture, and repeats change it.
func TestPaint(t *testing.T) {
	l := load(t, "chain-tutorial")
	cfg := painting(l, 2)
	got := l.picture(cfg)
	size := len(cfg.Paint.Picture)
	for i, v := range got {
		if cfg.Paint.Mask[i%len(cfg.Paint.Mask)] == 1 && v != cfg.Paint.Picture[i%size] {
			t.Fatalf("value %d was to be kept at %g, is %g", i, cfg.Paint.Picture[i%size], v)
		}
		if !(math.Abs(float64(v)) < 3) {
			t.Fatalf("value %d is %g", i, v)
		}
	}
	once := l.picture(painting(l, 1))
	if slices.Equal(got, once) {
		t.Error("repeats make no difference")
	}
	free := cfg
	free.Paint = nil
	if slices.Equal(once, l.picture(free)) {
		t.Error("the kept part makes no difference")
	}
	if slices.Equal(got[:size], got[size:]) {
		t.Error("two samples are one picture")
	}
	cfg.Count, cfg.First = 1, 1
	if !slices.Equal(l.picture(cfg), got[size:]) {
		t.Error("sample 1 alone differs from that of the batch")
	}
}

// A chain of 12 steps in blocks of 3, each done twice, has 24 steps and 4 ways back; it resumes anywhere to the same bits.
func TestPaintResume(t *testing.T) {
	l := load(t, "chain-tutorial")
	cfg := painting(l, 2)
	want := l.picture(cfg)
	for _, at := range []int{2, 3, 4, 15, 27} {
		c := l.chain(cfg)
		if c.Steps() != 28 {
			t.Fatalf("%d steps, want 28", c.Steps())
		}
		l.step(c, at)
		s, err := c.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		again, err := sampler.Resume(l.d, &l.process, s)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(again.Release)
		l.step(again, -1)
		if !slices.Equal(l.read(again.X()), want) {
			t.Errorf("cut at step %d: another picture", at)
		}
	}
}

func TestPaintRefuses(t *testing.T) {
	l := load(t, "chain-tutorial")
	for what, plant := range map[string]func(c *sampler.Config){
		"mask":      func(c *sampler.Config) { c.Paint.Mask = c.Paint.Mask[1:] },
		"picture":   func(c *sampler.Config) { c.Paint.Picture = c.Paint.Picture[1:] },
		"repeats":   func(c *sampler.Config) { c.Paint.Repeats = 256 },
		"remembers": func(c *sampler.Config) { c.Sampler = diffusion.UniPC },
	} {
		cfg := painting(l, 2)
		plant(&cfg)
		if _, err := sampler.New(l.d, &l.process, cfg); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: error %v", what, err)
		}
	}
}
