// Command randommodel writes checkpoints of random weights with the exact shapes of published models, as their training programs
// would: to try the converter on what cannot be shipped. Tensor names and shapes are written down here a second time, apart from the
// converter's own maps.
//
//	go run ./tools/randommodel [--seed N] MODEL DIR
//	go run ./tools/randommodel --table
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

// spec is a tensor to be made.
type spec struct {
	name  string
	shape []int
}

func (s spec) len() int {
	n := 1
	for _, d := range s.shape {
		n *= d
	}
	return n
}

// published is a model: files gives the texts beside its weights.
type published struct {
	title  string
	preset string // for the converter; "" where config.json tells all
	flags  string // as a command line has them, for people
	pickle bool   // model.pt instead of unet/diffusion_pytorch_model.safetensors
	texts  map[string]string
	specs  func() []spec
}

func main() {
	seed := flag.Uint64("seed", 1, "of the random weights")
	all := flag.Bool("table", false, "print what each model converts to as a Markdown table, without writing weights")
	flag.Usage = usage
	flag.Parse()
	var err error
	switch {
	case *all && flag.NArg() == 0:
		err = table(os.Stdout)
	case !*all && flag.NArg() == 2:
		err = write(flag.Arg(0), flag.Arg(1), *seed)
	default:
		usage()
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "randommodel:", err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: randommodel [--seed N] MODEL DIR | --table\nMODEL: "+strings.Join(names(), ", "))
}

func names() []string {
	var list []string
	for name := range models {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
