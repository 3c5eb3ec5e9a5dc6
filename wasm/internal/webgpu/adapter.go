//go:build js && wasm

package webgpu

import (
	"context"
	"strings"
	"syscall/js"
)

// Adapter is a GPU the browser offers.
type Adapter struct {
	v    js.Value
	Info AdapterInfo
}

// AdapterInfo is what the browser tells about a GPU. Browsers leave out what could identify a person, so any part may
// be empty.
type AdapterInfo struct {
	Vendor, Architecture, Device, Description string
	Fallback                                  bool // the browser itself says that it is slow
}

// RequestAdapter asks for a GPU, the fast one of two. ErrUnavailable and ErrNoAdapter say that there is none.
func RequestAdapter(ctx context.Context) (*Adapter, error) {
	gpu := js.Global().Get("navigator").Get("gpu")
	if gpu.IsUndefined() || gpu.IsNull() {
		return nil, ErrUnavailable
	}
	v, err := await(ctx, "requestAdapter", gpu, map[string]any{"powerPreference": "high-performance"})
	if err != nil {
		return nil, err
	}
	if v.IsNull() || v.IsUndefined() {
		return nil, ErrNoAdapter
	}
	return &Adapter{v, adapterInfo(v)}, nil
}

// adapterInfo reads adapter.info; isFallbackAdapter has moved there from the adapter.
func adapterInfo(adapter js.Value) AdapterInfo {
	info := adapter.Get("info")
	if info.Type() != js.TypeObject {
		return AdapterInfo{Fallback: adapter.Get("isFallbackAdapter").Truthy()}
	}
	text := func(key string) string {
		if v := info.Get(key); v.Type() == js.TypeString {
			return v.String()
		}
		return ""
	}
	return AdapterInfo{text("vendor"), text("architecture"), text("device"), text("description"),
		info.Get("isFallbackAdapter").Truthy() || adapter.Get("isFallbackAdapter").Truthy()}
}

// softwareNames are GPUs that are programs: SwiftShader (Chromium), Mesa's llvmpipe and lavapipe, Windows' WARP.
var softwareNames = []string{"swiftshader", "llvmpipe", "lavapipe", "softpipe", "basic render", "warp"}

// Software says that the adapter is a CPU in disguise.
func (i AdapterInfo) Software() bool {
	all := strings.ToLower(i.Vendor + " " + i.Architecture + " " + i.Device + " " + i.Description)
	for _, name := range softwareNames {
		if strings.Contains(all, name) {
			return true
		}
	}
	return i.Fallback
}

// Large says that the adapter is of a kind that has thousands of lanes to fill: the only such kind that was measured.
func (i AdapterInfo) Large() bool { return strings.EqualFold(i.Vendor, "nvidia") }

// String names the adapter for people.
func (i AdapterInfo) String() string {
	var parts []string
	for _, part := range []string{i.Vendor, i.Architecture, i.Device, i.Description} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "unnamed GPU"
	}
	return strings.Join(parts, " ")
}

// The optional features that are used.
const (
	timestamps = "timestamp-query" // to time operations for people, never to compute
	// Half lets shaders compute in float16: where it is asked for, never by itself.
	Half = "shader-f16"
)

// Has says whether the adapter has an optional feature.
func (a *Adapter) Has(feature string) bool { return a.v.Get("features").Call("has", feature).Bool() }

// RequestDevice opens the GPU with the limits that every device has, the features, which the adapter must have, and, where it is there,
// the one that tells time.
func (a *Adapter) RequestDevice(ctx context.Context, wanted ...string) (*Device, error) {
	features := []any{}
	if a.Has(timestamps) {
		features = append(features, timestamps)
	}
	for _, f := range wanted {
		features = append(features, f)
	}
	v, err := await(ctx, "requestDevice", a.v, map[string]any{"requiredFeatures": features})
	if err != nil {
		return nil, err
	}
	return newDevice(v), nil
}
