package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"unnoise/wasm/diffusion"
	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/model"
	"unnoise/weights"
)

// session is a model ready to compute.
type session struct {
	*model.Model
	d    *engine.Denoiser
	info engine.Info
	file *os.File
}

// open reads the pack, checks it against its hashes and loads it on the engine.
func (f *modelFlags) open(ctx context.Context) (*session, error) {
	file, size, err := openInput(f.Model)
	if err != nil {
		return nil, err
	}
	s := &session{file: file}
	if s.Model, err = model.Open(file, size, f.Model); err == nil {
		err = s.Verify()
	}
	if err == nil {
		e := cpu.New(cpu.Options{Threads: f.Threads})
		s.info = e.Info()
		s.d, err = engine.NewDenoiser(ctx, e, s.Net, s.Plan, s.Model)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return s, nil
}

// openPictures is open for a model whose tensors are pictures; others are refused.
func (f *modelFlags) openPictures(ctx context.Context) (*session, error) {
	s, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.checkPictures(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) close() {
	s.d.Release()
	s.d.Engine.Close()
	s.file.Close()
}

// steps counts the chain's steps, and refuses a chain that the model cannot run.
func (s *session) steps(r diffusion.Request) (int, error) {
	plan, err := s.plan(r)
	if err != nil {
		return 0, err
	}
	return len(plan.Moves), nil
}

// plan is the chain's steps; a chain that the model cannot run is refused.
func (s *session) plan(r diffusion.Request) (*diffusion.Plan, error) {
	plan, err := s.Process.Plan(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name(), err)
	}
	if s.Net.InChannels != 1 && s.Net.InChannels != 3 {
		return nil, fmt.Errorf("%s: draws %d channels; pictures have 1 (grey) or 3 (colour)", s.Name(), s.Net.InChannels)
	}
	return plan, nil
}

// title is the model's name for people: the pack's file where it does not tell.
func (s *session) title() string {
	if name := s.Provenance.Get("name"); name != "" {
		return name
	}
	return s.Name()
}

const (
	maxBatch    = 16        // more samples at a time are no faster
	batchMemory = 256 << 20 // bytes of activations
)

// batch is the number of samples computed together.
func (s *session) batch() int {
	elements := 1
	for _, n := range s.Plan.Slots {
		elements += n
	}
	return min(max(batchMemory/(4*elements), 1), maxBatch)
}

// openInput opens a file to be read and tells its size.
func openInput(name string) (*os.File, int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: cannot be read: %w", name, reason(err))
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is not a file")
	}
	if err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("%s: %w", name, reason(err))
	}
	return f, info.Size(), nil
}

// readFile reads a .safetensors file into memory.
func readFile(name string) (*weights.File, error) {
	f, size, err := openInput(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, size)
	if _, err := f.ReadAt(data, 0); err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", name, reason(err))
	}
	return weights.OpenBytes(data, name)
}

// reason is a file error without the operation and the name, which messages here put first.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
