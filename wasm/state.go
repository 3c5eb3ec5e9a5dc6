//go:build js && wasm

package main

import (
	"context"
	"errors"

	"unnoise/wasm/sampler"
	"unnoise/wasm/saved"
)

func (s *session) owner() saved.Model {
	return saved.Model{ID: s.model.ID(), Name: s.model.Provenance.Get("name"), One: s.denoiser.InShape(1)}
}

// save(chain) is the chain's state as a file.
func (c *core) save(ctx context.Context, a args) (any, error) {
	ch, err := c.chainOf(a)
	if err != nil {
		return nil, err
	}
	state, err := outlasting(ctx, ch.s, func() (*sampler.State, error) { return ch.run.State(ctx) })
	if err != nil {
		return nil, err
	}
	data, err := saved.Write(ch.s.owner(), state)
	if err != nil {
		return nil, asUsage(err)
	}
	return bytesToJS(data), nil
}

// readState reads a saved state of the session's model.
func (s *session) readState(data []byte) (*sampler.State, error) {
	state, err := saved.Read(data, s.owner())
	if err != nil {
		return nil, named("StateError", err)
	}
	return state, nil
}

// stateShape(session, bytes) tells how many pictures a saved state has.
func (c *core) stateShape(_ context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	state, err := s.readState(a.bytes(1))
	if err != nil {
		return nil, err
	}
	return object("count", state.Config.Count, "index", state.Index), nil
}

// resume(session, bytes, {from, count}) goes on with a saved chain, or with some of its pictures.
func (c *core) resume(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	state, err := s.readState(a.bytes(1))
	if err != nil {
		return nil, err
	}
	from := a.option(2, "from").int(0)
	state, err = saved.Part(state, from, a.option(2, "count").int(state.Config.Count-from))
	if err != nil {
		return nil, asUsage(err)
	}
	ch, err := s.start(ctx, func() (*sampler.Chain, error) {
		run, err := sampler.Resume(s.denoiser, &s.model.Process, state)
		return run, refused("StateError", err)
	})
	if err != nil {
		return nil, err
	}
	return c.add(ch), nil
}

// join(session, [bytes, ...]) makes one saved state of those of a chain's parts.
func (c *core) join(_ context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	parts := make([]*sampler.State, a.at(1).Length())
	for i := range parts {
		if parts[i], err = s.readState(args{a.at(1).Index(i)}.bytes(0)); err != nil {
			return nil, err
		}
	}
	whole, err := saved.Join(parts)
	if err != nil {
		return nil, err
	}
	data, err := saved.Write(s.owner(), whole)
	if err != nil {
		return nil, err
	}
	return bytesToJS(data), nil
}

// refused names the error of a chain that cannot be; the loss of a device and the end of a call are none of its.
func refused(name string, err error) error {
	if err == nil || nameOf(err) != "EngineError" || errors.Is(err, context.Canceled) {
		return err
	}
	return named(name, err)
}
