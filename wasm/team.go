//go:build js && wasm

package main

import (
	"context"
	"unsafe"

	"unnoise/wasm/engine/cpu"
)

// What site/lib/team.js does for the workers that share a picture, in memory that they share. Values are float32s of this program's memory.

//go:wasmimport team begin
func teamBegin(ops, samples int32) int32

//go:wasmimport team next
func teamNext() int32

//go:wasmimport team samples
func teamSamples() int32

//go:wasmimport team give
//go:noescape
func teamGive(values unsafe.Pointer, n, at int32)

//go:wasmimport team arrive
func teamArrive() int32

//go:wasmimport team take
//go:noescape
func teamTake(values unsafe.Pointer, n, at int32)

//go:wasmimport team cancel
func teamCancel()

// team is the team that this worker is in: cpu.Team.
type team struct{ part cpu.Part }

func (t *team) Part() cpu.Part              { return t.part }
func (t *team) Begin(ops, samples int) bool { return teamBegin(int32(ops), int32(samples)) != 0 }
func (t *team) Next() (ops, samples int)    { return int(teamNext()), int(teamSamples()) }
func (t *team) Arrive() bool                { return teamArrive() != 0 }
func (t *team) Cancel()                     { teamCancel() }

func (t *team) Give(values []float32, at int) {
	if len(values) > 0 {
		teamGive(unsafe.Pointer(&values[0]), int32(len(values)), int32(at))
	}
}

func (t *team) Take(values []float32, at int) {
	if len(values) > 0 {
		teamTake(unsafe.Pointer(&values[0]), int32(len(values)), int32(at))
	}
}

// room(session) is how many values a team's memory must hold for an exchange; 0: one picture of this model, or on this engine, is not
// worth sharing.
func (c *core) room(_ context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	return cpu.Room(s.denoiser.Program()), nil
}

// share(session, {part, of}) makes this worker one of a team, that of site/lib/team.js.
func (c *core) share(_ context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	p := s.denoiser.Program()
	if cpu.Room(p) == 0 {
		return nil, usage("this model is not worth sharing")
	}
	cpu.Share(p, &team{cpu.Part{K: a.option(1, "part").int(0), Of: a.option(1, "of").int(2)}})
	return nil, nil
}

// serve(session) does this worker's part of the team's work, until there was none for a while.
func (c *core) serve(_ context.Context, a args) (any, error) {
	s, err := c.session(a)
	if err != nil {
		return nil, err
	}
	if !cpu.Serve(s.denoiser.Program()) {
		return nil, usage("this worker is in no team")
	}
	return nil, nil
}
