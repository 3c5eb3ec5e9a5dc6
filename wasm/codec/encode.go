package codec

import (
	"context"
	"errors"
	"math"
	"strconv"
)

// Options choose how a picture is coded.
type Options struct {
	BlockBits int // divergence that a part of a step is to carry, in bits; 0 means 14
	Margin    int // candidates are 2^(divergence + Margin) at most; 0 means 3
	Label     int // class label; -1 for none
}

// Limits of Options.
const (
	MinBlockBits, MaxBlockBits = 6, 18
	maxMargin                  = 5
)

// StepInfo is what one step cost.
type StepInfo struct {
	From, To int     // levels
	Parts    int     // indices
	Bits     float64 // written
	Bound    float64 // divergence of q from p, in bits
}

// Encoded is a coded picture.
type Encoded struct {
	Data   []byte
	Header int     // bytes of Data before the stream
	Bound  float64 // sum over steps, in bits
	RMSE   float64 // of the decoded picture, in levels of 255
	Steps  []StepInfo
}

func (o *Options) fill() error {
	if o.BlockBits == 0 {
		o.BlockBits = 14
	}
	if o.Margin == 0 {
		o.Margin = 3
	}
	if o.BlockBits < MinBlockBits || o.BlockBits > MaxBlockBits {
		return errors.New("bits of a block must be from " + strconv.Itoa(MinBlockBits) + " to " + strconv.Itoa(MaxBlockBits) + ", found " + strconv.Itoa(o.BlockBits))
	}
	if o.Margin < 0 || o.Margin > maxMargin {
		return errors.New("margin must be from 1 to " + strconv.Itoa(maxMargin) + " bits, found " + strconv.Itoa(o.Margin))
	}
	return nil
}

// slack is how much more than BlockBits a part may carry.
const slack = 4

// Encode codes a picture (CHW, values v/127.5 - 1). after is called at every step with the level reached.
func Encode(ctx context.Context, m Model, x0 []float64, o Options, after func(level int)) (*Encoded, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	w, err := newWalk(m, o.Label)
	if err != nil {
		return nil, err
	}
	defer w.release()
	if len(x0) != len(w.x) {
		return nil, errors.New("the picture has " + strconv.Itoa(len(x0)) + " values, the model's have " + strconv.Itoa(len(w.x)))
	}
	h := header{model: modelPrefix(m.ID), zipf: int(math.Round(256 * math.Exp2(-1/float64(o.BlockBits+2)))), digits: o.BlockBits + 2 + o.Margin, label: o.Label}
	s := &sender{walk: w, x0: x0, o: o, e: newEncoder(), models: newModels(h.zipf, h.digits, w.t), delta: make([]float32, len(x0))}
	out := &Encoded{}
	for w.t > 0 {
		info, err := s.send(ctx)
		if err != nil {
			return nil, err
		}
		out.Steps = append(out.Steps, info)
		out.Bound += info.Bound
		after(w.t)
	}
	if err := w.look(ctx); err != nil {
		return nil, err
	}
	out.RMSE = 127.5 * math.Sqrt(s.squares()/float64(len(x0)))
	stream := s.e.finish()
	h.length = len(stream)
	head := h.bytes()
	out.Data, out.Header = append(head, stream...), len(head)
	return out, nil
}

// sender is a picture being coded.
type sender struct {
	*walk
	x0     []float64
	o      Options
	e      *encoder
	models *models
	delta  []float32
}

// send does one step.
func (s *sender) send(ctx context.Context) (StepInfo, error) {
	if err := s.look(ctx); err != nil {
		return StepInfo{}, err
	}
	jump, parts := s.plan()
	info := StepInfo{From: s.t, To: s.t - ladder[jump], Parts: ladder[parts]}
	before := s.e.bits()
	s.models.writeStep(s.e, jump, parts)
	k := s.step(info.To)
	index := make([]uint32, info.Parts)
	for i := range index {
		delta, bits := s.deltas(k, i, info.Parts)
		info.Bound += bits
		n := 1 << min(int(math.Ceil(bits))+s.o.Margin, s.o.BlockBits+2+s.o.Margin)
		var err error
		if index[i], err = choose(ctx, delta, uint32(s.t), uint32(i), n); err != nil {
			return info, err
		}
		s.models.writeIndex(s.e, index[i])
	}
	s.move(info.To, index)
	info.Bits = s.e.bits() - before
	return info, nil
}

// deltas are the posterior's means over those of p, in standard deviations, of part i of n, and the part's divergence in bits.
func (s *sender) deltas(k step, i, n int) (delta []float32, bits float64) {
	part := s.part(i, n)
	for j, at := range part {
		d := k.ofX0 * (s.x0[at] - s.est[at]) / k.sigma
		s.delta[j] = float32(d)
		bits += d * d / 2 / math.Ln2
	}
	return s.delta[:len(part)], bits
}

// overhead is about what a part and a step cost beside their divergence, in bits.
const overhead, stepOverhead = 4.5, 2

// plan chooses the rungs of the step's length and number of parts: those that carry most for what they cost, of all whose parts can
// be coded.
func (s *sender) plan() (jump, parts int) {
	squares := s.squares()
	best := -1.0
	for j, length := range ladder {
		if length > s.t {
			break
		}
		bits := (s.snr(s.t-length) - s.snr(s.t)) * squares / 2 / math.Ln2
		n := s.fewest(bits, length)
		share := bits / (bits + overhead*float64(ladder[n]) + stepOverhead)
		if j > 0 && ladder[n] > maxMerged {
			break
		}
		// A longer step that carries no more for its cost asks the network about a farther past: not taken.
		if share > best {
			best, jump, parts = share, j, n
		}
	}
	return jump, parts
}

// squares is the squared error of x_0's estimate.
func (s *sender) squares() (sum float64) {
	for i, v := range s.x0 {
		sum += (v - s.est[i]) * (v - s.est[i])
	}
	return sum
}

// maxMerged is the most parts of a step that is longer than one timestep.
const maxMerged = 3

// fewest is the rung of the fewest parts that convey nearly all: what parts carry beyond slack is conveyed short, and again in the next step.
func (s *sender) fewest(bits float64, length int) int {
	k := s.step(s.t - length)
	for n, parts := range ladder {
		if bits > float64(parts*s.o.BlockBits) {
			continue
		}
		excess := 0.0
		for i := 0; i < parts; i++ {
			_, own := s.deltas(k, i, parts)
			excess += max(own-float64(s.o.BlockBits+slack), 0)
		}
		if excess <= maxExcess*bits || parts >= len(s.x0) {
			return n
		}
	}
	return len(ladder) - 1
}

// maxExcess is the share of a step that may be conveyed short: more costs accuracy, less many parts that carry little.
const maxExcess = 0.15
