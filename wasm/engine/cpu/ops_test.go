package cpu

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"unnoise/kernels"
	"unnoise/wasm/engine"
	"unnoise/wasm/model"
)

// BenchmarkOps times the operations of a step apart, those of one kind and size together: where a step's time goes, and how far each
// kind is from the machine's peak. Of every operation the fastest run counts, which others on the machine disturb least; ms-least is their
// sum. PACK=FILE takes another model than digits, PART=0/2 the first half of what two workers share.
func BenchmarkOps(b *testing.B) {
	path := "../../../weights/models/digits.safetensors"
	if own := os.Getenv("PACK"); own != "" {
		path = own
	}
	p := loaded(b, path)
	kinds := map[string][]*operation{}
	var order []string
	for i := range p.ops {
		op := &p.ops[i]
		if op.region != nil {
			op.part = partAsked(b)
		}
		out := p.shape(op.Out)
		kind := fmt.Sprintf("%s/%dx%d", op.Kernel, out.H, out.W)
		if kinds[kind] == nil {
			order = append(order, kind)
		}
		kinds[kind] = append(kinds[kind], op)
	}
	for _, kind := range order {
		b.Run(kind, func(b *testing.B) { p.timeKind(b, kinds[kind]) })
	}
}

// partAsked is the part that PART names: K/OF.
func partAsked(b *testing.B) (part kernels.Part) {
	if asked := os.Getenv("PART"); asked != "" {
		if _, err := fmt.Sscanf(asked, "%d/%d", &part.K, &part.Of); err != nil {
			b.Fatalf("PART=%s: %v", asked, err)
		}
	}
	return part
}

func (p *program) timeKind(b *testing.B, ops []*operation) {
	var macs int64
	for _, op := range ops {
		macs += p.plan.OpMACs(op.Op)
	}
	least := make([]time.Duration, len(ops))
	for b.Loop() {
		for i, op := range ops {
			start := time.Now()
			op.run(p, op)
			if d := time.Since(start); least[i] == 0 || d < least[i] {
				least[i] = d
			}
		}
	}
	var sum time.Duration
	for _, d := range least {
		sum += d
	}
	b.ReportMetric(1000*sum.Seconds(), "ms-least")
	b.ReportMetric(2*float64(macs)/sum.Seconds()/1e9, "GFLOP/s")
}

// loaded is a model's program after a first run, on one thread.
func loaded(b *testing.B, path string) *program {
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	m, err := model.OpenBytes(data, path)
	if err != nil {
		b.Fatal(err)
	}
	e := New(Options{Threads: 1})
	d, err := engine.NewDenoiser(context.Background(), e, m.Net, m.Plan, m)
	if err != nil {
		b.Fatal(err)
	}
	p, err := e.Load(context.Background(), m.Plan, m)
	if err != nil {
		b.Fatal(err)
	}
	var inputs []engine.Tensor
	for _, id := range m.Plan.Inputs {
		t := m.Plan.Tensors[id]
		x, err := e.NewTensor(engine.Shape{N: 1, C: t.C, H: t.H, W: t.W})
		if err != nil {
			b.Fatal(err)
		}
		inputs = append(inputs, x)
	}
	out, err := e.NewTensor(d.OutShape(1))
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Run(context.Background(), []engine.Tensor{out}, inputs); err != nil {
		b.Fatal(err)
	}
	return p.(*program)
}
