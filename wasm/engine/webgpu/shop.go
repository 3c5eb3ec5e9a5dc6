//go:build js && wasm

package webgpu

import (
	"context"
	"sort"
	"strconv"

	"unnoise/kernels"
	"unnoise/wasm/internal/webgpu"
)

// reads is the number of buffers each shader reads, between its uniform block and the buffer it writes.
var reads = map[string]int{
	"linear": 4, "groupnorm": 4, "conv3x3": 7, "conv3x3_reduce": 4, "conv1x1": 7, "attention": 1,
	"avgpool2": 2, "upsample": 1, "concat": 2, "combine": 4, "modulate": 2, "pixels": 1,
}

// constants are the values of a shader's overrides.
type constants map[string]int

// spec is a pipeline: a shader with its overrides.
type spec struct {
	shader    string
	constants constants
}

// key names a spec, the same for equal ones.
func (s spec) key() string {
	names := make([]string, 0, len(s.constants))
	for name := range s.constants {
		names = append(names, name)
	}
	sort.Strings(names)
	key := s.shader
	for _, name := range names {
		key += " " + name + "=" + strconv.Itoa(s.constants[name])
	}
	return key
}

// shop makes layouts, shaders and pipelines, each once.
type shop struct {
	dev       *webgpu.Device
	layouts   map[int]*webgpu.Layout
	shaders   map[string]*webgpu.Shader
	pipelines map[string]*webgpu.Pipeline
}

func newShop(dev *webgpu.Device) *shop {
	return &shop{dev, map[int]*webgpu.Layout{}, map[string]*webgpu.Shader{}, map[string]*webgpu.Pipeline{}}
}

// pipeline is a pipeline that prepare has made.
func (s *shop) pipeline(p spec) *webgpu.Pipeline { return s.pipelines[p.key()] }

// made is what one of prepare's goroutines brings back.
type made[T any] struct {
	key   string
	value T
	err   error
}

// prepare makes the pipelines that are still missing, all at once.
func (s *shop) prepare(ctx context.Context, specs []spec) error {
	missing, names := map[string]spec{}, map[string]string{}
	for _, p := range specs {
		if s.pipelines[p.key()] == nil {
			missing[p.key()] = p
		}
		if s.shaders[p.shader] == nil {
			names[p.shader] = p.shader
		}
	}
	if err := gather(names, s.shaders, func(name string) (*webgpu.Shader, error) { return s.compile(ctx, name) }); err != nil {
		return err
	}
	for _, p := range missing {
		if err := s.layout(reads[p.shader]); err != nil {
			return err
		}
	}
	return gather(missing, s.pipelines, func(p spec) (*webgpu.Pipeline, error) {
		return s.dev.NewPipeline(ctx, p.key(), s.shaders[p.shader], s.layouts[reads[p.shader]], p.constants)
	})
}

// gather makes a value of every entry of from at the same time and keeps them in to; the first error counts.
func gather[F, T any](from map[string]F, to map[string]T, f func(F) (T, error)) error {
	results := make(chan made[T])
	for key, v := range from {
		go func() {
			value, err := f(v)
			results <- made[T]{key, value, err}
		}()
	}
	var first error
	for range from {
		r := <-results
		if r.err == nil {
			to[r.key] = r.value
		} else if first == nil {
			first = r.err
		}
	}
	return first
}

func (s *shop) compile(ctx context.Context, name string) (*webgpu.Shader, error) {
	code, err := kernels.Shaders.ReadFile(name + ".wgsl")
	if err != nil {
		return nil, err
	}
	return s.dev.NewShader(ctx, name, string(code))
}

func (s *shop) layout(reads int) (err error) {
	if s.layouts[reads] == nil {
		s.layouts[reads], err = s.dev.NewLayout(reads)
	}
	return err
}
