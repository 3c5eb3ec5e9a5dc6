//go:build js && wasm

// Command converter turns checkpoints into packs inside a web page's worker: globalThis.unnoiseConvert, one function. It is a program of
// its own, fetched when a checkpoint is dropped on the page, so that nobody else's download grows.
package main

import (
	"context"
	"runtime/debug"
	"strings"
	"syscall/js"

	"unnoise/wasm/certificate"
	"unnoise/wasm/checkpoint"
	"unnoise/wasm/model"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

func main() {
	// The largest tensor decides what is needed; garbage of its size is not to pile up.
	debug.SetGCPercent(20)
	js.Global().Set("unnoiseConvert", js.FuncOf(convert))
	select {}
}

// convert(files, {name, weights, preset, certificate}, hooks) gives {header, notes} or {error: {name, message}}. files are {path, size};
// hooks.read(i, offset, length) reads file i, hooks.write(bytes) appends to the pack's data, hooks.back(offset, length) reads that
// again, hooks.say(text) hears what is being done. All of them answer at once: a worker reads files synchronously.
func convert(_ js.Value, args []js.Value) (result any) {
	defer func() {
		if r := recover(); r != nil {
			result = failure("EngineError", "the converter failed: "+textOf(r))
		}
	}()
	job := &job{options: args[1], hooks: args[2]}
	header, err := job.run(newFiles(args[0], args[2]))
	if err != nil {
		return failure("PackError", err.Error())
	}
	notes := make([]any, len(job.notes))
	for i, n := range job.notes {
		notes[i] = n
	}
	bytes := js.Global().Get("Uint8Array").New(len(header))
	js.CopyBytesToJS(bytes, header)
	return map[string]any{"header": bytes, "notes": notes}
}

func failure(name, message string) any {
	return map[string]any{"error": map[string]any{"name": name, "message": strings.Join(strings.Fields(message), " ")}}
}

func textOf(r any) string {
	switch v := r.(type) {
	case error:
		return v.Error()
	case string:
		return v
	}
	return "unknown cause"
}

// job is a conversion under way.
type job struct {
	options, hooks js.Value
	notes          []string
	size           int64
}

func (j *job) option(key string) string {
	if v := j.options.Get(key); v.Type() == js.TypeString {
		return v.String()
	}
	return ""
}

func (j *job) say(text string) { j.hooks.Call("say", text) }

// run converts and gives the pack's header; its data has gone to the hooks.
func (j *job) run(fsys *files) ([]byte, error) {
	options := checkpoint.Options{Weights: j.option("weights"), WeightFile: fsys.only()}
	if preset := j.option("preset"); preset != "" {
		s, err := checkpoint.Preset(preset)
		if err != nil {
			return nil, err
		}
		options.Settings = s
	}
	j.say("Reading the checkpoint")
	c, err := checkpoint.Open(fsys, options)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	sum, err := c.Hash(fsys)
	if err != nil {
		return nil, err
	}
	j.say("Casting " + c.Layout)
	ctx := context.Background()
	k, err := c.Convert(ctx, j, weights.F16, j.provenance(c, sum))
	if err != nil {
		return nil, err
	}
	n := certificate.Network{Net: c.Net, Plan: k.Plan, Process: &c.Process, Exact: c, Pack: k.Source(j)}
	if err := certificate.AddProbe(ctx, n, k); err != nil {
		return nil, err
	}
	if err := j.certify(ctx, n, k); err != nil {
		return nil, err
	}
	j.notes = c.Notes
	return k.Header(), nil
}

func (j *job) certify(ctx context.Context, n certificate.Network, k *checkpoint.Converted) error {
	if j.option("certificate") == certificate.None {
		return nil
	}
	c, err := certificate.Compute(ctx, n, certificate.Quick, k.Rounding, func(doing string) { j.say("Comparing with the checkpoint: " + doing) })
	if err == nil {
		k.Certify(c)
	}
	return err
}

func (j *job) provenance(c *checkpoint.Checkpoint, sum [32]byte) model.Provenance {
	const digits = "0123456789abcdef"
	hex := make([]byte, 0, 64)
	for _, b := range sum {
		hex = append(hex, digits[b>>4], digits[b&15])
	}
	o := jsontree.NewObject()
	for _, p := range [][2]string{{"name", j.option("name")}, {"layout", c.Layout}, {"settings", c.Settings}, {"sha256", string(hex)}, {"weights", c.Weights}, {"dtype", "fp16"}} {
		if p[1] != "" {
			o.Set(p[0], p[1])
		}
	}
	return model.Provenance{Object: o}
}

// Write implements io.Writer: the pack's data.
func (j *job) Write(p []byte) (int, error) {
	a := js.Global().Get("Uint8Array").New(len(p))
	js.CopyBytesToJS(a, p)
	j.hooks.Call("write", a)
	j.size += int64(len(p))
	return len(p), nil
}

// ReadAt implements io.ReaderAt: the data written so far.
func (j *job) ReadAt(p []byte, offset int64) (int, error) {
	return copyOut(p, offset, j.size, func(n int) js.Value { return j.hooks.Call("back", float64(offset), n) })
}
