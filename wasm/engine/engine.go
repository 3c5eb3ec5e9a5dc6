// Package engine is the seam between the chain and the machine that computes it. An Engine owns tensors, runs plans on
// them, combines them linearly and turns them into pixels; every sampler is written once above these verbs.
//
// Above the seam tensors are NCHW float32; how an engine stores them is its own affair.
package engine

import (
	"context"
	"time"

	"unnoise/wasm/unet"
	"unnoise/weights"
)

// Shape is the size of a tensor: samples, channels, rows, columns. A vector has H = W = 1.
type Shape struct{ N, C, H, W int }

// Len is the number of elements.
func (s Shape) Len() int { return s.N * s.C * s.H * s.W }

// Tensor is float32 storage on an engine.
type Tensor interface {
	Shape() Shape
	// Write replaces the content with values in NCHW order; len(values) must be Shape().Len().
	Write(values []float32) error
	// Fetch issues a copy of the content to values, in NCHW order.
	Fetch(values []float32) (Fetch, error)
	// Read fetches and waits.
	Read(ctx context.Context, values []float32) error
	// Release gives the storage back. Using the tensor afterwards is an error.
	Release()
}

// Fetch is a copy on its way out of an engine. It was issued after the work before it, and later work does not change it: who lets
// some of that come first keeps a GPU busy, whose end of work is known some milliseconds later.
type Fetch interface {
	// Wait blocks until the copy is there. It must be called, once, and may be from a goroutine of its own.
	Wait(ctx context.Context) error
}

// Await waits for a copy just issued.
func Await(ctx context.Context, f Fetch, err error) error {
	if err != nil {
		return err
	}
	return f.Wait(ctx)
}

// AwaitAll waits for all of them, whatever becomes of some; the first error counts.
func AwaitAll(ctx context.Context, fetches ...Fetch) (first error) {
	for _, f := range fetches {
		if err := f.Wait(ctx); first == nil {
			first = err
		}
	}
	return first
}

// Here is the Fetch of an engine that copies at once.
type Here struct{}

// Wait implements Fetch.
func (Here) Wait(ctx context.Context) error { return ctx.Err() }

// Term is one summand of a Combine.
type Term struct {
	Coef float32
	T    Tensor
	// Channel is the first channel read, where T has more channels than the destination (a network that also
	// predicts its variance has 2C outputs).
	Channel int
}

// Factor is what a Modulate multiplies by: the values of T from Channel on, as many channels as the destination has, or one
// for all of them where T has one.
type Factor struct {
	Add, Mul float32
	Exp      bool
	T        Tensor
	Channel  int
}

// Program is a plan made ready to run: weights loaded, pipelines built.
type Program interface {
	// Run computes the plan for the batch of inputs. inputs and outputs follow plan.Inputs and plan.Outputs; all have
	// the same N. Work may still be under way when Run returns; Read of an output waits for it.
	Run(ctx context.Context, outputs, inputs []Tensor) error
	// Output runs the plan up to operation op, an index of plan.Ops, for one sample and copies out what that writes (Plan.Written), in CHW order.
	// The content of outputs is undefined afterwards.
	Output(ctx context.Context, op int, outputs, inputs []Tensor) ([]float32, error)
	// Times runs the plan and tells how long each operation took, by index of plan.Ops; nil where the machine cannot tell. Work that
	// an engine does together counts for the first of its operations.
	Times(ctx context.Context, outputs, inputs []Tensor) ([]time.Duration, error)
	Release()
}

// Run is what a Program runs on.
type Run struct{ Outputs, Inputs []Tensor }

// Pairing is a Program that does two runs at once where that takes less time than one after the other. Outputs of one are no tensors of the
// other.
type Pairing interface {
	RunPair(ctx context.Context, a, b Run) error
}

// Tuner is a Program that can look for the quickest way to compute on the machine at hand; what it finds changes no numbers.
type Tuner interface {
	// Tune spends some tenths of a second at most, the first time, for runs of so many samples.
	Tune(ctx context.Context, samples int) error
}

// Engine runs plans on tensors. It is used from one goroutine at a time.
type Engine interface {
	Info() Info
	NewTensor(s Shape) (Tensor, error)
	// Load prepares a plan with weights taken from src by the names in plan.Weights.
	Load(ctx context.Context, plan *unet.Plan, src Source) (Program, error)
	// Combine sets dst = clip(constant + sum of Coef*T), the sum taken in order, float32. clip <= 0 means no clipping, else the
	// result is clamped to [-clip, clip]. dst may be one of the terms' tensors. 1 to 4 terms.
	Combine(dst Tensor, constant, clip float32, terms ...Term) error
	// Modulate sets dst = src times a factor for every element: by.Add + by.Mul*f, or its exponential. src may be dst.
	Modulate(dst, src Tensor, by Factor) error
	// Threshold thresholds every picture of t dynamically, in place: with s the given quantile of the picture's magnitudes, but
	// from 1 to top, t = clip(t, -s, s)/s. It waits for the work issued so far.
	Threshold(ctx context.Context, t Tensor, quantile, top float64) error
	// Pixels issues a copy of the tensor (1 or 3 channels, values in [-1,1]) as 8-bit RGBA, [n][h][w][4]:
	// round(clamp(v/2+0.5, 0, 1)*255), half to even, alpha 255. len(rgba) must be 4 n h w.
	Pixels(t Tensor, rgba []byte) (Fetch, error)
	// Sync waits until all issued work is done, and reports an error of the device.
	Sync(ctx context.Context) error
	Close()
}

// FetchPixels issues a copy of a tensor's pixels, which are there when it has been waited for.
func FetchPixels(e Engine, t Tensor) (rgba []byte, f Fetch, err error) {
	rgba = make([]byte, t.Shape().pixelBytes())
	f, err = e.Pixels(t, rgba)
	return rgba, f, err
}

// ReadPixels fetches a tensor's pixels and waits.
func ReadPixels(ctx context.Context, e Engine, t Tensor) ([]byte, error) {
	rgba, f, err := FetchPixels(e, t)
	return rgba, Await(ctx, f, err)
}

// Source gives weights by name.
type Source interface {
	Tensor(name string) (weights.Tensor, error)
}

// FloatSource is a Source that gives matrices as float32 without a copy in bytes.
type FloatSource interface {
	Source
	Values(name string) ([]float32, error)
}

// What Info.Precision says.
const (
	Exact = "float32"        // all numbers are
	Fast  = "float16 inputs" // of convolutions, under float32 products and sums; the reader has asked for it
)

// fastBound is how far operations and networks with float16 inputs may be from the exact ones, of outputs of size 1: an input is off by
// up to 2^-12 of it, and some two dozen layers follow each other. Sums of products in float16 would be off by twice as much.
const fastBound = 2e-2

// Bound is how far outputs of size 1 may be from the reference, where exact ones may be off by exact.
func (i Info) Bound(exact float64) float64 {
	if i.Precision == Fast {
		return fastBound
	}
	return exact
}

// Info names an engine for people and files.
type Info struct {
	Engine    string // "cpu" or "webgpu"
	Adapter   string // what computes: "go simd wasm128", "go plain amd64", the GPU's description
	Precision string // Exact or Fast
	Software  bool   // the adapter is a CPU in disguise (SwiftShader, lavapipe)
}
