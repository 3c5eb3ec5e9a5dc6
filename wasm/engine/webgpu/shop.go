//go:build js && wasm

package webgpu

import (
	"context"
	"sort"
	"strconv"
	"strings"

	"unnoise/kernels"
	"unnoise/wasm/internal/webgpu"
)

// signature is what a shader binds after its uniform block, a letter each: b a buffer, f a texture of float32, w one of words. The
// last one is written, the others are read.
type signature string

var signatures = map[string]signature{
	"linear": "bbbbb", "groupnorm": "bbbbb", "conv3x3": "bbbbbbbb", "conv_reduce": "bbbbb", "conv1x1": "bbbbbbbb", "attention": "bb", "attention_wide": "bb",
	"groupnorm_part": "bbb", "groupnorm_join": "bbbb",
	"avgpool2": "bbb", "upsample": "bb", "concat": "bbb", "combine": "bbbbb", "modulate": "bbb", "pixels": "bb",
	"conv3x3_stage": "bbbf", "conv3x3_direct": "fwbbbb", "conv1x1_direct": "fwbbbb", "linear_direct": "wbbbb",
	"attention_scores": "ff", "attention_mix": "ffb",
}

// reads is the number of bindings that are read.
func (s signature) reads() int { return len(s) - 1 }

func (s signature) kinds() []webgpu.Kind {
	kinds := make([]webgpu.Kind, len(s))
	for i, letter := range s {
		kinds[i] = map[rune]webgpu.Kind{'b': webgpu.Memory, 'f': webgpu.Floats, 'w': webgpu.Words}[letter]
	}
	return kinds
}

// constants are the values of a shader's overrides.
type constants map[string]int

// spec is a pipeline: a shader with its overrides.
type spec struct {
	shader    string
	constants constants
	half      bool // inputs and weights are staged as float16
}

// source names the code that the pipeline is of.
func (s spec) source() source { return source{s.shader, s.half} }

// source is a shader as it is compiled: exact, or with staging in float16.
type source struct {
	shader string
	half   bool
}

// key names a spec, the same for equal ones.
func (s spec) key() string {
	names := make([]string, 0, len(s.constants))
	for name := range s.constants {
		names = append(names, name)
	}
	sort.Strings(names)
	key := s.shader
	if s.half {
		key += " half"
	}
	for _, name := range names {
		key += " " + name + "=" + strconv.Itoa(s.constants[name])
	}
	return key
}

// shop makes layouts, shaders and pipelines, each once.
type shop struct {
	dev       *webgpu.Device
	layouts   map[signature]*webgpu.Layout
	shaders   map[source]*webgpu.Shader
	pipelines map[string]*webgpu.Pipeline
}

func newShop(dev *webgpu.Device) *shop {
	return &shop{dev, map[signature]*webgpu.Layout{}, map[source]*webgpu.Shader{}, map[string]*webgpu.Pipeline{}}
}

// pipeline is a pipeline that prepare has made.
func (s *shop) pipeline(p spec) *webgpu.Pipeline { return s.pipelines[p.key()] }

// made is what one of prepare's goroutines brings back.
type made[K comparable, T any] struct {
	key   K
	value T
	err   error
}

// prepare makes the pipelines that are still missing, all at once.
func (s *shop) prepare(ctx context.Context, specs []spec) error {
	missing, sources := map[string]spec{}, map[source]source{}
	for _, p := range specs {
		if s.pipelines[p.key()] == nil {
			missing[p.key()] = p
		}
		if s.shaders[p.source()] == nil {
			sources[p.source()] = p.source()
		}
	}
	if err := gather(sources, s.shaders, func(c source) (*webgpu.Shader, error) { return s.compile(ctx, c) }); err != nil {
		return err
	}
	for _, p := range missing {
		if err := s.layout(signatures[p.shader]); err != nil {
			return err
		}
	}
	return gather(missing, s.pipelines, func(p spec) (*webgpu.Pipeline, error) {
		return s.dev.NewPipeline(ctx, p.key(), s.shaders[p.source()], s.layouts[signatures[p.shader]], p.constants)
	})
}

// gather makes a value of every entry of from at the same time and keeps them in to; the first error counts.
func gather[K comparable, F, T any](from map[K]F, to map[K]T, f func(F) (T, error)) error {
	results := make(chan made[K, T])
	for key, v := range from {
		go func() {
			value, err := f(v)
			results <- made[K, T]{key, value, err}
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

// behind names the file that a shader's own is compiled with: WGSL has no word for that.
var behind = map[string]string{
	"conv3x3": "conv_shared", "conv1x1": "conv_shared", "conv3x3_direct": "conv_direct", "conv1x1_direct": "conv_direct",
	"groupnorm": "groupnorm_fold", "groupnorm_join": "groupnorm_fold",
}

func (s *shop) compile(ctx context.Context, c source) (*webgpu.Shader, error) {
	code, err := kernels.Shaders.ReadFile(c.shader + ".wgsl")
	if err != nil {
		return nil, err
	}
	if more := behind[c.shader]; more != "" {
		rest, err := kernels.Shaders.ReadFile(more + ".wgsl")
		if err != nil {
			return nil, err
		}
		code = append(code, rest...)
	}
	if c.half {
		return s.dev.NewShader(ctx, c.shader+" half", halved(string(code)))
	}
	return s.dev.NewShader(ctx, c.shader, string(code))
}

// halved is a shader that stages inputs and weights as float16. An override could not choose that: `enable` and aliases are fixed when a
// shader is compiled.
func halved(code string) string {
	return "enable f16;\n" + strings.Replace(code, "alias number = f32;", "alias number = f16;", 1)
}

func (s *shop) layout(of signature) (err error) {
	if s.layouts[of] == nil {
		kinds := of.kinds()
		s.layouts[of], err = s.dev.NewLayout(kinds[:of.reads()], kinds[of.reads()])
	}
	return err
}
