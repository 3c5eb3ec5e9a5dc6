// Command exactness turns the engines' test logs into a table: the largest difference of each reference network's output from
// PyTorch in float64, by engine. Arguments are LABEL=FILE, FILE the output of `go test -v -run Networks`; with LABEL=FILE:FORM only
// the subtests of that form of the engine are read ("fast").
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// table holds the largest difference by network, engine and storage of the weights.
type table struct {
	labels []string
	worst  map[string]map[string]float64 // network, then "label dtype"
}

var (
	runLine  = regexp.MustCompile(`=== (?:RUN|NAME|CONT) +TestNetworks/(.+)$`)
	diffLine = regexp.MustCompile(`cases\S*\.safetensors (F16|F32): largest difference (\S+)`)
)

func main() {
	t := table{worst: map[string]map[string]float64{}}
	for _, arg := range os.Args[1:] {
		if err := t.read(arg); err != nil {
			fmt.Fprintln(os.Stderr, "exactness: "+err.Error())
			os.Exit(1)
		}
	}
	t.write(os.Stdout)
}

// read adds one log.
func (t *table) read(arg string) error {
	label, rest, ok := strings.Cut(arg, "=")
	if !ok {
		return fmt.Errorf("%s: expected LABEL=FILE", arg)
	}
	file, form, _ := strings.Cut(rest, ":")
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	t.labels = append(t.labels, label)
	if n := t.scan(f, label, form); n == 0 {
		return fmt.Errorf("%s: no differences of networks in it", file)
	}
	return nil
}

// scan reads a log's lines and counts the differences found.
func (t *table) scan(r io.Reader, label, form string) (found int) {
	name := ""
	for s := bufio.NewScanner(r); s.Scan(); {
		if m := runLine.FindStringSubmatch(s.Text()); m != nil {
			name = m[1]
		}
		m := diffLine.FindStringSubmatch(s.Text())
		if m == nil || form != "" && !strings.HasPrefix(name, form+"/") {
			continue
		}
		d, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			continue
		}
		found++
		network := name[strings.LastIndex(name, "/")+1:]
		if t.worst[network] == nil {
			t.worst[network] = map[string]float64{}
		}
		key := label + " " + m[1]
		t.worst[network][key] = max(t.worst[network][key], d)
	}
	return found
}

// write prints the table: float16 weights, then float32 weights, for every engine.
func (t *table) write(w io.Writer) {
	var names []string
	for n := range t.worst {
		names = append(names, n)
	}
	slices.Sort(names)
	fmt.Fprintf(w, "| network | %s |\n|---|%s\n", strings.Join(t.labels, " | "), strings.Repeat("---|", len(t.labels)))
	total := map[string]float64{}
	for _, n := range names {
		fmt.Fprintf(w, "| %s |%s\n", n, t.row(t.worst[n]))
		for k, v := range t.worst[n] {
			total[k] = max(total[k], v)
		}
	}
	fmt.Fprintf(w, "| **largest** |%s\n", t.row(total))
}

func (t *table) row(worst map[string]float64) string {
	var b strings.Builder
	for _, l := range t.labels {
		fmt.Fprintf(&b, " %.1e, %.1e |", worst[l+" F16"], worst[l+" F32"])
	}
	return b.String()
}
