//go:build !js

// Not in browsers: what is tested here is the references and the lowering, which are the same there, and it takes long.

package unet_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"unnoise/wasm/engine"
	"unnoise/wasm/engine/cpu"
	"unnoise/wasm/engine/enginetest"
	"unnoise/wasm/goldens"
	"unnoise/wasm/model"
	"unnoise/wasm/unet"
	"unnoise/weights"
)

// The references' README lists mistakes that are easily made, and how far each moves a network's output. These tests
// make each of them and demand that the references show it.

// row is a line of that table.
type row struct {
	fault, model      string
	largest, smallest float64 // change of the output, over the cases
}

// inexpressible are faults that networks, plans and weights cannot be made to have, with the reason.
var inexpressible = map[string]string{
	"norm statistics per half of the concat":          "a GroupNorm reads both halves as one tensor",
	"zero padding applied before norm and SiLU":       "kernels pad behind the norm",
	"bilinear instead of nearest upsampling":          "no kernel interpolates",
	"activations rounded to float16 after each layer": "engines store float32",
}

func TestPlantedFaults(t *testing.T) {
	planted := map[string]bool{}
	for _, r := range faultTable(t) {
		plant := faults[r.fault]
		switch {
		case plant == nil && inexpressible[r.fault] == "":
			t.Errorf("fault %q is neither planted nor inexpressible", r.fault)
		case plant != nil:
			planted[r.fault] = true
			t.Run(r.fault+"/"+r.model, func(t *testing.T) { checkFault(t, r, plant) })
		}
	}
	for fault := range faults {
		if !planted[fault] {
			t.Errorf("fault %q is in no row of the table", fault)
		}
	}
}

// faultTable reads the U-Net rows of the README's table. Its numbers belong to the networks in the tree; with GOLDENS set
// to others, checkFault asks only that a fault shows.
func faultTable(t *testing.T) (rows []row) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "goldens", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 {
			continue
		}
		largest, err1 := strconv.ParseFloat(strings.TrimSpace(cells[2]), 64)
		smallest, err2 := strconv.ParseFloat(strings.TrimSpace(cells[3]), 64)
		if err1 == nil && err2 == nil {
			rows = append(rows, row{strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1]), largest, smallest})
		}
	}
	if len(rows) < 50 {
		t.Fatalf("only %d faults in the table", len(rows))
	}
	return rows
}

// checkFault plants the fault and demands the listed distances from the reference, over the cases the largest and the
// smallest. The table gives two digits, so a tenth either way, and the bound of a faultless network, 3e-5, on top.
func checkFault(t *testing.T, r row, plant func(*faulty)) {
	dir := filepath.Join(goldens.Dir(t), "unet", r.model)
	otherTree := os.Getenv("GOLDENS") != ""
	if _, err := os.Stat(dir); err != nil && otherTree {
		t.Logf("%s is not in this tree", r.model)
		return
	}
	f := newFaulty(t, dir)
	plant(f)
	largest, smallest := f.distance(t, dir)
	if otherTree {
		if largest < 10*3e-5 {
			t.Errorf("the output moves by %.2g, which hardly shows", largest)
		}
		return
	}
	t.Logf("moves the output by %.2g to %.2g, listed %.2g to %.2g", smallest, largest, r.smallest, r.largest)
	if !listed(largest, r.largest) || !listed(smallest, r.smallest) {
		t.Errorf("the output moves by %.2g to %.2g over the cases, expected %.2g to %.2g", smallest, largest, r.smallest, r.largest)
	}
}

func listed(got, want float64) bool { return math.Abs(got-want) <= 0.1*want+3e-5 }

// The means of the test: without a fault nothing moves.
func TestNoFault(t *testing.T) {
	dir := filepath.Join(goldens.Dir(t), "unet", "tutorial-flavour")
	if largest, _ := newFaulty(t, dir).distance(t, dir); largest > 3e-5 {
		t.Errorf("moves by %g without a fault", largest)
	}
}

// reference is a network as converted, with its cases.
type reference struct {
	*model.Model
	cases []refCase
}

// refCase is an input of a network with the float64 output.
type refCase struct {
	x, eps64 []float32
	ts       []float64
	labels   []int
}

// references are those read so far, by folder: reading one takes longer than most faults.
var references = map[string]*reference{}

func refer(t *testing.T, dir string) *reference {
	t.Helper()
	if references[dir] == nil {
		references[dir] = &reference{enginetest.Pack(t, dir, weights.F32), readCases(goldens.Open(t, "unet", filepath.Base(dir), "cases.safetensors"))}
	}
	return references[dir]
}

func readCases(f *goldens.File) (cases []refCase) {
	for i := 0; f.Has("x." + strconv.Itoa(i)); i++ {
		n := strconv.Itoa(i)
		c := refCase{x: f.Values("x." + n), eps64: f.Values("eps64." + n), ts: f.Float64s("t." + n)}
		if f.Has("y." + n) {
			for _, y := range f.Float64s("y." + n) {
				c.labels = append(c.labels, int(y))
			}
		}
		cases = append(cases, c)
	}
	return cases
}

// faulty is a network that a fault can be planted in.
type faulty struct {
	t   *testing.T
	dir string
	// legacy says that the checkpoint had q, k and v of each head together.
	legacy  bool
	net     *unet.Network
	weights enginetest.Weights
	// plan changes the plan once it is made.
	plan func(p *unet.Plan)
	// shift is added to every timestep.
	shift float64
}

func newFaulty(t *testing.T, dir string) *faulty {
	t.Helper()
	m := refer(t, dir)
	net := *m.Net
	net.Layers = slices.Clone(net.Layers)
	f := &faulty{t: t, dir: dir, legacy: filepath.Base(dir) == "adm-legacy-qkv", net: &net, weights: enginetest.Weights{}, plan: func(*unet.Plan) {}}
	for _, e := range m.Entries {
		x, err := m.Tensor(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		f.weights[e.Name] = x
	}
	return f
}

// distance is how far the outputs are from the float64 reference: the largest and smallest over the cases.
func (f *faulty) distance(t *testing.T, dir string) (largest, smallest float64) {
	t.Helper()
	p, err := unet.Compile(f.net)
	if err != nil {
		t.Fatal(err)
	}
	f.plan(p)
	d, err := engine.NewDenoiser(t.Context(), cpu.New(cpu.Options{Threads: 1}), f.net, p, f.weights)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Release()
	smallest = math.Inf(1)
	for _, c := range refer(t, dir).cases {
		ts := slices.Clone(c.ts)
		for i := range ts {
			ts[i] += f.shift
		}
		got := enginetest.Denoise(t, d, c.x, ts, c.labels)
		moved, _ := goldens.Compare(got, c.eps64, goldens.Tolerance{})
		largest, smallest = max(largest, moved), min(smallest, moved)
	}
	return largest, smallest
}
