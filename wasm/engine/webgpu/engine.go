//go:build js && wasm

package webgpu

import (
	"context"
	"errors"
	"math"
	"time"

	"unnoise/wasm/engine"
	"unnoise/wasm/internal/webgpu"
)

// ErrDeviceLost is what every verb answers, wrapped, once the GPU is gone: make a new engine and go back to the last copy
// of the chain.
var ErrDeviceLost = webgpu.ErrLost

// ErrNoGPU is what New answers, wrapped, where the browser has no WebGPU or no adapter.
var ErrNoGPU = errors.New("no GPU")

var errClosed = errors.New("WebGPU engine is closed")

// Engine implements engine.Engine on a GPU.
type Engine struct {
	dev    *webgpu.Device
	info   webgpu.AdapterInfo
	limits limits
	shop   *shop
	half   bool           // convolutions of normalised inputs take them as float16
	dummy  *webgpu.Buffer // bound where an operation has no such input: never read, but a binding must hold something
	flight flight
	verbs  map[verbKey]*verb
	closed bool
	// tunings are the tiles that were found; nil: none are looked for.
	tunings *Tunings
}

// limits depend on what kind of adapter computes.
type limits struct {
	binding  int           // bytes of the largest buffer; larger batches run in parts
	dispatch int64         // multiplications a dispatch may take, to stay below about 50 ms; larger batches run in parts
	submit   int64         // multiplications a submit may hold until the engine has learned how many take submitTime: see pace
	groups   int           // workgroups that a convolution should have at least, by cutting its input channels into slabs
	slab     int           // the fewest input channels worth a slab of their own: below, the raw sums cost more than they bring
	plenty   int           // workgroups from which on their threads make twice as much each
	runs     int           // elements of a group from which on its statistics are taken in runs of pixels by many workgroups
	tune     time.Duration // that the search for tiles may take
	// A workgroup of a convolution makes 4*quads channels, quads being a power of two between these.
	minQuads, maxQuads int
	direct             bool // convolutions read textures and do without workgroup memory: see conv3x3_direct.wgsl
}

// An integrated GPU does some 1e10 to 1e11 multiplications a second, a software adapter 1e8 to 1e9. A software adapter gains
// nothing from large workgroups, and SwiftShader's compiler takes seconds over their memory, which it clears element by
// element in unrolled code: there all convolutions share workgroups of one small size.
var (
	hardware = limits{binding: webgpu.MaxBinding, dispatch: 5e9, submit: 2e9, groups: 128, slab: 32, plenty: 512, runs: 8192, tune: tuneTime, minQuads: 1, maxQuads: 16}
	software = limits{binding: webgpu.MaxBinding, dispatch: 5e7, submit: 1e8, groups: 1, slab: 32, plenty: never, runs: never, tune: tuneTime, minQuads: 4, maxQuads: 4, direct: true}
)

const never = math.MaxInt32

// limitsOf are an adapter's.
func limitsOf(i webgpu.AdapterInfo) limits {
	l := hardware
	switch {
	case i.Software():
		l = software
	case i.Large():
		// Measured on a GPU of 132 multiprocessors: docs/performance.md.
		l.groups, l.dispatch = 256, 2e10
	}
	return l
}

// Options of an engine.
type Options struct {
	// Fast lets convolutions of normalised inputs take them as float16 where the GPU can: half the traffic through workgroup memory.
	// Products and sums stay float32. Outputs of size 1 are then off by up to 2e-2, and one seed no longer gives one picture on
	// every engine.
	Fast bool
	// Tunings, where not nil, has the quickest tiles that were found on GPUs, and gets those that are found: see engine.Tuner.
	Tunings *Tunings
}

// New opens the browser's GPU.
func New(ctx context.Context, o Options) (*Engine, error) {
	if err := webgpu.CheckReplay(); err != nil {
		return nil, err
	}
	adapter, err := webgpu.RequestAdapter(ctx)
	if err != nil {
		return nil, noGPU(err)
	}
	var features []string
	half := o.Fast && adapter.Has(webgpu.Half)
	if half {
		features = append(features, webgpu.Half)
	}
	dev, err := adapter.RequestDevice(ctx, features...)
	if err != nil {
		return nil, err
	}
	e := &Engine{dev: dev, info: adapter.Info, limits: limitsOf(adapter.Info), shop: newShop(dev), half: half, verbs: map[verbKey]*verb{}, tunings: o.Tunings}
	e.dummy, err = dev.NewBuffer("absent", 256, webgpu.Storage)
	if err == nil {
		err = e.shop.prepare(ctx, []spec{{shader: "combine"}, {shader: "modulate"}, {shader: "pixels"}})
	}
	if err != nil {
		dev.Destroy()
		return nil, err
	}
	return e, nil
}

// noGPU marks the errors that say that there is no GPU; others stay what they are.
func noGPU(err error) error {
	if errors.Is(err, webgpu.ErrUnavailable) || errors.Is(err, webgpu.ErrNoAdapter) {
		return &noGPUError{err}
	}
	return err
}

type noGPUError struct{ cause error }

func (e *noGPUError) Error() string   { return e.cause.Error() }
func (e *noGPUError) Unwrap() []error { return []error{ErrNoGPU, e.cause} }

// Info implements engine.Engine.
func (e *Engine) Info() engine.Info {
	precision := engine.Exact
	if e.half {
		precision = engine.Fast
	}
	return engine.Info{Engine: "webgpu", Adapter: e.info.String(), Precision: precision, Software: e.info.Software()}
}

// check reports what makes the engine unusable: closed, lost, or an error of earlier work that nobody was waiting for.
func (e *Engine) check() error {
	if e.closed {
		return errClosed
	}
	return e.dev.Err()
}

// Sync implements engine.Engine.
func (e *Engine) Sync(ctx context.Context) error {
	if err := e.check(); err != nil {
		return err
	}
	done, err := e.dev.Done()
	if err != nil {
		return err
	}
	if err := done.Wait(ctx); err != nil {
		return err
	}
	return e.check()
}

// Close implements engine.Engine: the device and all that was made on it are gone.
func (e *Engine) Close() {
	if !e.closed {
		e.closed = true
		e.dev.Destroy()
	}
}
