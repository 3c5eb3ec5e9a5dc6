//go:build js && wasm

package webgpu

import (
	"context"
	"errors"
	"syscall/js"
	"time"
)

// Dispatch is one run of a pipeline over X by Y by Z workgroups.
type Dispatch struct {
	Pipeline *Pipeline
	Group    *BindGroup
	X, Y, Z  int
}

// Recording is a list of submits, each a list of dispatches, kept on the JavaScript side, so that running it again is
// one call however many dispatches it has.
type Recording struct{ v js.Value }

// Record keeps submits for Replay.
func Record(submits ...[]Dispatch) *Recording {
	outer := make([]any, len(submits))
	for i, submit := range submits {
		inner := make([]any, len(submit))
		for j, d := range submit {
			inner[j] = map[string]any{"pipeline": d.Pipeline.v, "group": d.Group.v, "x": d.X, "y": d.Y, "z": d.Z}
		}
		outer[i] = inner
	}
	return &Recording{js.ValueOf(outer)}
}

// Copy moves Size bytes between buffers; all numbers are multiples of 4.
type Copy struct {
	Src       *Buffer
	SrcOffset int
	Dst       *Buffer
	DstOffset int
	Size      int
}

// replayName is the function that site/lib/gpu-replay.js defines.
const replayName = "unnoiseReplay"

var errNoReplay = errors.New("WebGPU: gpu-replay.js is not loaded")

// CheckReplay reports that the page has not loaded site/lib/gpu-replay.js.
func CheckReplay() error {
	if js.Global().Get(replayName).Type() != js.TypeFunction {
		return errNoReplay
	}
	return nil
}

// Replay encodes and submits the copies before, the recording (nil for none) and the copies after. It does not wait.
func (d *Device) Replay(r *Recording, before, after []Copy) (err error) {
	defer catch("replay", &err)
	submits := js.Null()
	if r != nil {
		submits = r.v
	}
	js.Global().Call(replayName, d.v, submits, copies(before), copies(after))
	return nil
}

func copies(list []Copy) any {
	values := make([]any, len(list))
	for i, c := range list {
		values[i] = []any{c.Src.v, c.SrcOffset, c.Dst.v, c.DstOffset, c.Size}
	}
	return values
}

// timeName is the function that site/lib/gpu-replay.js defines for Time.
const timeName = "unnoiseTime"

// HasTimestamps says whether the device can tell how long work takes.
func (d *Device) HasTimestamps() bool {
	return d.v.Get("features").Call("has", timestamps).Bool() && js.Global().Get(timeName).Type() == js.TypeFunction
}

// Time runs a recording after the copies, each dispatch so many times, and tells how long that took, for each dispatch, in order. Browsers
// round the times.
func (d *Device) Time(ctx context.Context, r *Recording, before []Copy, repeats int) ([]time.Duration, error) {
	v, err := await(ctx, timeName, js.Global(), d.v, r.v, copies(before), repeats)
	if err != nil {
		return nil, d.explain(err)
	}
	list := make([]time.Duration, v.Length())
	for i := range list {
		list[i] = time.Duration(v.Index(i).Float())
	}
	return list, nil
}
