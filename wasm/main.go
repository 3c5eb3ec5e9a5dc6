//go:build js && wasm

// Command wasm is the core as a web page's worker sees it: globalThis.unnoiseCore, a handful of functions that return
// promises. Everything behind them is the same code that runs natively.
package main

import (
	"context"
	"errors"
	"strconv"
	"syscall/js"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine/webgpu"
	"unnoise/wasm/evalcase"
	"unnoise/wasm/sampler"
	"unnoise/weights"
)

// version is set at build time by the linker.
var version = "dev"

func main() {
	c := &core{sessions: map[int]*session{}, chains: map[int]*chain{}}
	o := js.Global().Get("Object").New()
	for name, f := range map[string]func(context.Context, args) (any, error){
		"open": c.open, "close": c.close, "info": c.info,
		"chain": c.chain, "step": c.step, "frame": c.frame, "fork": c.fork, "releaseChain": c.releaseChain,
		"evalCases": c.evalCases, "encode": c.encode, "decode": c.decode, "nll": c.nll,
	} {
		o.Set(name, promised(f))
	}
	js.Global().Set("unnoiseCore", o)
	select {} // the functions live as long as the page
}

// core holds what the page has opened, by number.
type core struct {
	last     int
	sessions map[int]*session
	chains   map[int]*chain
}

func (c *core) next() int {
	c.last++
	return c.last
}

func (c *core) session(a args) (*session, error) {
	s, ok := c.sessions[a.int(0)]
	if !ok {
		return nil, usage("session " + strconv.Itoa(a.int(0)) + " is not open")
	}
	return s, nil
}

func (c *core) chainOf(a args) (*chain, error) {
	ch, ok := c.chains[a.int(0)]
	if !ok {
		return nil, usage("chain " + strconv.Itoa(a.int(0)) + " is not open")
	}
	return ch, nil
}

func (c *core) info(context.Context, args) (any, error) { return object("version", version), nil }

// open(packBytes, {engine}) opens a pack on an engine.
func (c *core) open(ctx context.Context, a args) (any, error) {
	s, err := openSession(ctx, a.bytes(0), a.option(1, "engine").string("auto"))
	if err != nil {
		return nil, err
	}
	id := c.next()
	c.sessions[id] = s
	return s.describe(id), nil
}

// close(session) gives everything of the session back.
func (c *core) close(_ context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	for id, ch := range c.chains {
		if ch.s == s {
			ch.run.Release()
			delete(c.chains, id)
		}
	}
	s.release()
	delete(c.sessions, a.int(0))
	return nil, nil
}

// chain(session, {sampler, steps, eta, seed, count, first, variance, labels, guidance, spacing, order, solver, karras,
// picture, depth, mask, jump, repeats}) starts a chain: at x_T, or from a picture noised to a depth; with a mask a part of the picture is kept.
// first is the index of its first sample.
func (c *core) chain(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	o := func(key string) value { return a.option(1, key) }
	seed, err := o("seed").seed()
	if err != nil {
		return nil, err
	}
	cfg := sampler.Config{Seed: seed, Count: o("count").int(1), First: o("first").int(0), Labels: o("labels").ints(), Guidance: o("guidance").float(1), Request: diffusion.Request{
		Sampler: diffusion.Sampler(o("sampler").string("ddim")), Steps: o("steps").int(0), Eta: o("eta").float(0),
		Variance: diffusion.Variance(o("variance").string("")), Spacing: diffusion.Spacing(o("spacing").string("")),
		Solver: diffusion.Solver{Order: o("order").int(0), Type: o("solver").string(""), Karras: o("karras").bool(false)},
	}}
	if err := s.from(&cfg, a); err != nil {
		return nil, err
	}
	ch, err := s.start(ctx, func() (*sampler.Chain, error) {
		run, err := sampler.New(s.denoiser, &s.model.Process, cfg)
		if err != nil && !errors.Is(err, webgpu.ErrDeviceLost) {
			err = named("UsageError", err)
		}
		return run, err
	})
	if err != nil {
		return nil, err
	}
	return c.add(ch), nil
}

func (c *core) add(ch *chain) any {
	id := c.next()
	c.chains[id] = ch
	net := ch.s.model.Net
	return object("chain", id, "steps", ch.run.Steps(), "index", ch.run.Index(), "count", ch.run.X().Shape().N, "width", net.Width, "height", net.Height)
}

// step(chain) does one step; done says that the picture is finished.
func (c *core) step(ctx context.Context, a args) (any, error) {
	ch, err := c.chainOf(a)
	if err != nil {
		return nil, err
	}
	t := ch.run.Timestep()
	if err := ch.step(ctx); err != nil {
		return nil, err
	}
	o := object("index", ch.run.Index(), "steps", ch.run.Steps(), "timestep", t, "done", ch.run.Done())
	// The engine may also have been lost while a frame was read.
	if len(ch.s.dropped) != ch.told {
		ch.told = len(ch.s.dropped)
		o["engine"], o["dropped"] = engineObject(ch.s.denoiser.Engine.Info()), ch.s.droppedList()
	}
	return o, nil
}

// frame(chain, "x" or "x0") gives the state or the estimate as RGBA, sample after sample.
func (c *core) frame(ctx context.Context, a args) (any, error) {
	ch, err := c.chainOf(a)
	if err != nil {
		return nil, err
	}
	rgba, err := ch.frame(ctx, a.at(1).string("x"))
	if err != nil {
		return nil, err
	}
	return bytesToJS(rgba), nil
}

// fork(chain, {seed}) starts a second chain at the same state.
func (c *core) fork(ctx context.Context, a args) (any, error) {
	ch, err := c.chainOf(a)
	if err != nil {
		return nil, err
	}
	seed, err := a.option(1, "seed").seed()
	if err != nil {
		return nil, err
	}
	fork, err := ch.s.start(ctx, func() (*sampler.Chain, error) { return ch.run.Fork(seed) })
	if err != nil {
		return nil, err
	}
	return c.add(fork), nil
}

// releaseChain(chain) gives a chain's storage back.
func (c *core) releaseChain(_ context.Context, a args) (any, error) {
	ch, err := c.chainOf(a)
	if err != nil {
		return nil, err
	}
	ch.run.Release()
	delete(ch.s.chains, ch)
	delete(c.chains, a.int(0))
	return nil, nil
}

// evalCases(session, bytes) runs a file of inputs through the network.
func (c *core) evalCases(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	in, err := weights.OpenBytes(a.bytes(1), "cases")
	if err != nil {
		return nil, named("UsageError", err)
	}
	out, err := outlasting(ctx, s, func() ([]byte, error) { return evalcase.Run(ctx, s.denoiser, in, nil) })
	if err != nil {
		return nil, err
	}
	return bytesToJS(out), nil
}
