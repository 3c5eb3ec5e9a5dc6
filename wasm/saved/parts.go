package saved

import (
	"errors"
	"strconv"

	"unnoise/wasm/sampler"
)

// Part is the state of count samples from the first one on: samples know nothing of each other.
func Part(s *sampler.State, first, count int) (*sampler.State, error) {
	all := s.Config.Count
	if first < 0 || count < 1 || first+count > all {
		return nil, errors.New("samples " + strconv.Itoa(first) + " to " + strconv.Itoa(first+count-1) + " of " + strconv.Itoa(all) + " were asked for")
	}
	cut := func(values []float32) []float32 {
		size := len(values) / all
		return values[first*size:][:count*size]
	}
	p := &sampler.State{Config: s.Config, Index: s.Index, X: cut(s.X), X0: cut(s.X0)}
	for _, h := range s.Histories {
		p.Histories = append(p.Histories, cut(h))
	}
	c := &p.Config
	c.First, c.Count = c.First+first, count
	if len(c.Labels) > 0 {
		c.Labels = c.Labels[first:][:count]
	}
	if c.Begin != nil {
		c.Begin = p.X
	}
	if c.Paint != nil && len(c.Paint.Picture) == len(s.X) && all > 1 {
		paint := *c.Paint
		paint.Picture = cut(paint.Picture)
		c.Paint = &paint
	}
	return p, nil
}

// Join is Part's inverse: the parts of one chain, in order, as one state.
func Join(parts []*sampler.State) (*sampler.State, error) {
	if len(parts) == 0 {
		return nil, errors.New("a chain has one part at least")
	}
	first := parts[0]
	s := &sampler.State{Config: first.Config, Index: first.Index, Histories: make([][]float32, len(first.Histories))}
	c := &s.Config
	c.Count, c.Labels = 0, nil
	perSample := keepsSeveral(parts)
	var pictures []float32
	for _, p := range parts {
		if p.Index != s.Index || len(p.Histories) != len(s.Histories) || p.Config.First != c.First+c.Count {
			return nil, errors.New("the parts of the chain do not fit together: they are at different steps")
		}
		s.X, s.X0 = append(s.X, p.X...), append(s.X0, p.X0...)
		for i, h := range p.Histories {
			s.Histories[i] = append(s.Histories[i], h...)
		}
		c.Labels = append(c.Labels, p.Config.Labels...)
		c.Count += p.Config.Count
		if perSample {
			pictures = append(pictures, p.Config.Paint.Picture...)
		}
	}
	if c.Begin != nil {
		c.Begin = s.X
	}
	if perSample {
		paint := *c.Paint
		paint.Picture = pictures
		c.Paint = &paint
	}
	return s, nil
}

// keepsSeveral says that every sample keeps a part of a picture of its own.
func keepsSeveral(parts []*sampler.State) bool {
	for _, p := range parts {
		if paint := p.Config.Paint; paint != nil && (p.Config.Count > 1 && len(paint.Picture) == len(p.X) || !same(paint.Picture, parts[0].Config.Paint.Picture)) {
			return true
		}
	}
	return false
}

func same(a, b []float32) bool {
	for i := range a {
		if len(a) != len(b) || a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}
