// Command bench makes what the benchmarks compare: packs of the networks that are timed, and the same networks as ONNX files for other
// runtimes. It also times the native CPU engine.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"

	"unnoise/wasm/model"
)

// cli is the command line.
type cli struct {
	Models modelsCmd `cmd:"" help:"Write packs and ONNX files into a folder."`
	Native nativeCmd `cmd:"" help:"Time the native CPU engine."`
}

type modelsCmd struct {
	Out   string   `arg:"" help:"Folder to write to."`
	Names []string `arg:"" optional:"" help:"Shipped models (digits, nouns), shapes with random weights (small, cifar, ddpm256) and single convolutions (conv-8x8-256-256); digits, nouns, small and cifar unless told."`
	Batch int      `default:"1" help:"Pictures that the ONNX files take at once; their names end in -batchN where it is not 1."`
}

func main() {
	var c cli
	k := kong.Parse(&c, kong.Name("bench"), kong.Description("What the benchmarks compare, and the native engine's times."), kong.UsageOnError())
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		os.Exit(1)
	}
}

// Run implements the command.
func (c *modelsCmd) Run() error {
	if len(c.Names) == 0 {
		c.Names = []string{"digits", "nouns", "small", "cifar"}
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	for _, name := range c.Names {
		if err := c.write(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (c *modelsCmd) write(name string) error {
	pack, err := packOf(name)
	if err != nil {
		return err
	}
	m, err := model.OpenBytes(pack, name)
	if err != nil {
		return err
	}
	graph, err := onnx(m, c.Batch)
	if err != nil {
		return err
	}
	suffix := ""
	if c.Batch > 1 {
		suffix = fmt.Sprintf("-batch%d", c.Batch)
	}
	base := filepath.Join(c.Out, name)
	if err := os.WriteFile(base+suffix+".onnx", graph, 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d parameters, %.3f GMAC a step\n", name, m.Parameters(), float64(m.Plan.MACs())/1e9)
	return os.WriteFile(base+".safetensors", pack, 0o644)
}

// packOf reads a shipped model, or makes a pack of a shape.
func packOf(name string) ([]byte, error) {
	if s, ok := shapes[name]; ok {
		return randomPack(name, s.network())
	}
	if net := convNetwork(name); net != nil {
		return randomPack(name, net)
	}
	data, err := os.ReadFile(filepath.Join("weights/models", name+".safetensors"))
	if err != nil {
		return nil, fmt.Errorf("%s is neither a shipped model nor a shape nor a convolution: %w", name, err)
	}
	return data, nil
}
