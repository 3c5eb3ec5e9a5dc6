package noise

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"unnoise/wasm/goldens"
)

type vectors struct {
	KnownAnswers []struct {
		Counter [4]uint32
		Key     [2]uint32
		Output  [4]uint32
	} `json:"known_answers"`
	Streams []struct {
		Seed       string
		T, Sample  uint32
		FirstBlock string `json:"first_block"`
		Blocks     int
		Words      [][4]uint32
	}
	EdgeWords []struct {
		Words [4]uint32
		Z     [4]float64
	} `json:"edge_words"`
}

func read(t *testing.T) (v vectors) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldens.Dir(t), "noise", "philox.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestKnownAnswers(t *testing.T) {
	answers := read(t).KnownAnswers
	if len(answers) < 3 {
		t.Fatal("no known answers")
	}
	for _, a := range answers {
		if got := Philox4x32(a.Counter, a.Key); got != a.Output {
			t.Errorf("philox(%v, %v) = %v, want %v", a.Counter, a.Key, got, a.Output)
		}
	}
}

// The references come from another libm, which may differ in the last bit: 1e-14 is the bound of their README.
var lastBits = goldens.Tolerance{Abs: 1e-14}

func TestStreams(t *testing.T) {
	f := goldens.Open(t, "noise", "normals.safetensors")
	for i, s := range read(t).Streams {
		seed, err := strconv.ParseUint(s.Seed, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, err := strconv.ParseUint(s.FirstBlock, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		var z []float64
		for b := range uint64(s.Blocks) {
			quad := block(seed, first+b, s.T, s.Sample)
			z = append(z, quad[:]...)
		}
		for b, words := range s.Words {
			p := first + uint64(b)
			if got := Philox4x32([4]uint32{uint32(p), uint32(p >> 32), s.T, s.Sample}, [2]uint32{uint32(seed), uint32(seed >> 32)}); got != words {
				t.Errorf("stream %d block %d: %v, want %v", i, b, got, words)
			}
		}
		worst, err := goldens.Compare(z, f.Float64s(fmt.Sprintf("z64.%d", i)), lastBits)
		if err != nil {
			t.Errorf("stream %d: %v", i, err)
		}
		t.Logf("stream %d: largest difference %.2g", i, worst)
	}
}

func TestEdgeWords(t *testing.T) {
	for _, e := range read(t).EdgeWords {
		z0, z1 := pair(e.Words[0], e.Words[1])
		z2, z3 := pair(e.Words[2], e.Words[3])
		if _, err := goldens.Compare([]float64{z0, z1, z2, z3}, e.Z[:], lastBits); err != nil {
			t.Errorf("%v: %v", e.Words, err)
		}
	}
}

// A whole picture from a seed, as bits: the same on every machine and engine. The values were checked against the streams above when
// they were recorded; the sum of the bits moves when any of them does.
func TestNormalsAreSplitBySampleAndStream(t *testing.T) {
	a, b := make([]float32, 10), make([]float32, 7)
	Normals(a, 42, StepNoise, 500, 3)
	Normals(b, 42, StepNoise, 500, 3)
	for i := range b {
		if a[i] != b[i] {
			t.Fatal("a shorter request must give the same values")
		}
	}
	for name, f := range map[string]func([]float32){
		"seed":   func(v []float32) { Normals(v, 43, StepNoise, 500, 3) },
		"stream": func(v []float32) { Normals(v, 42, Start, 500, 3) },
		"t":      func(v []float32) { Normals(v, 42, StepNoise, 501, 3) },
		"sample": func(v []float32) { Normals(v, 42, StepNoise, 500, 4) },
	} {
		if f(b); b[0] == a[0] && b[1] == a[1] {
			t.Errorf("another %s gives the same noise", name)
		}
	}
	z := block(1, uint64(Start)<<56, 0, 0)
	if bits := math.Float64bits(z[0]) ^ math.Float64bits(z[1])<<1 ^ math.Float64bits(z[2])<<2 ^ math.Float64bits(z[3])<<3; bits != wantBits {
		t.Errorf("the bits of the first block of seed 1 are %#x, want %#x", bits, uint64(wantBits))
	}
}

const wantBits = 0x409ec32ffd3a97be
