//go:build js && wasm

// Command wasm is the core as a web page's worker sees it: globalThis.unnoiseCore, a handful of functions that return
// promises. Everything behind them is the same code that runs natively.
package main

import (
	"context"
	"math"
	"strconv"
	"syscall/js"
	"time"

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
		"open": c.open, "close": c.close, "info": c.info, "tunings": c.tunings,
		"chain": c.chain, "step": c.step, "where": c.where, "frame": c.frame, "frames": c.frames, "fork": c.fork, "releaseChain": c.releaseChain,
		"save": c.save, "resume": c.resume, "join": c.join, "stateShape": c.stateShape,
		"room": c.room, "share": c.share, "serve": c.serve,
		"evalCases": c.evalCases, "encode": c.encode, "decode": c.decode, "nll": c.nll,
		"schedule": c.schedule, "forward": c.forward, "selfTest": c.selfTest, "bench": c.bench, "layers": c.layers, "activations": c.activations,
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

// open(pack, {engine, precision, tunings}) opens a pack, see remote, on an engine.
func (c *core) open(ctx context.Context, a args) (any, error) {
	pack, err := newRemote(a.at(0))
	if err != nil {
		return nil, err
	}
	s, err := openSession(ctx, pack, a.option(1, "engine").string("auto"), a.option(1, "precision").string("exact"), a.option(1, "tunings").string(""))
	if err != nil {
		return nil, err
	}
	id := c.next()
	c.sessions[id] = s
	return s.describe(id), nil
}

// tunings(session) is what was found out about GPUs, for open at the next visit.
func (c *core) tunings(_ context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	return s.tunings.String(), nil
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
// picture, depth, mask, jump, repeats, between}) starts a chain: at x_T, or from a picture noised to a depth; with a mask a part of the
// picture is kept; between two pictures or seeds. first is the index of its first sample.
func (c *core) chain(ctx context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	cfg, err := s.config(a)
	if err != nil {
		return nil, err
	}
	ch, err := s.start(ctx, func() (*sampler.Chain, error) {
		run, err := sampler.New(s.denoiser, &s.model.Process, cfg)
		return run, refused("UsageError", err)
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

// step(chain, {signal, until, ms}) does one step, or as many as begin within ms milliseconds, up to until in all: the way from JavaScript and
// back costs half a millisecond, since a step leaves nothing of either in the caches. done says that the picture is finished.
func (c *core) step(ctx context.Context, a args) (any, error) {
	ch, err := c.chainOf(a)
	if err != nil {
		return nil, err
	}
	until, room := a.option(1, "until").float(math.Inf(1)), a.option(1, "ms").float(0)
	var t int
	for begun, going := time.Now(), true; going; {
		t = ch.run.Timestep()
		if err := ch.step(ctx); err != nil {
			return nil, err
		}
		going = milliseconds(time.Since(begun)) < room && float64(ch.run.Index()) < until && !ch.run.Done() && len(ch.s.dropped) == ch.told
	}
	o := object("index", ch.run.Index(), "steps", ch.run.Steps(), "timestep", t, "done", ch.run.Done())
	// The engine may also have been lost while a frame was read.
	if len(ch.s.dropped) != ch.told {
		ch.told = len(ch.s.dropped)
		o["engine"], o["dropped"] = engineObject(ch.s.denoiser.Engine.Info()), ch.s.droppedList()
	}
	return o, nil
}

// where(chain) tells how many steps are done.
func (c *core) where(_ context.Context, a args) (any, error) {
	ch, err := c.chainOf(a)
	if err != nil {
		return nil, err
	}
	return object("index", ch.run.Index()), nil
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

// frames(chain) issues a copy of both as RGBA and gives {pixels}, a promise of {x, x0}; other calls may come before that is kept. Where the
// engine is lost meanwhile, there are none: the chain's next call finds that out.
func (c *core) frames(_ context.Context, a args) (any, error) {
	ch, err := c.chainOf(a)
	if err != nil {
		return nil, err
	}
	wait, err := ch.frames()
	if err != nil {
		return nil, err
	}
	return object("pixels", promise(func() (any, error) { return wait(context.Background()) })), nil
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
