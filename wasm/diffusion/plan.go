package diffusion

// Slot names a tensor of a chain. Histories follow History0: a multistep sampler's earlier estimates.
type Slot int

// The slots.
const (
	X        Slot = iota // the state x_t, in the process's own scale on every sampler
	X0                   // this call's estimate of x_0, clipped where the move says so
	Out                  // the network's output, without the channels of a predicted variance
	Noise                // the step's standard normal noise, scaled by a predicted variance where the move says so
	History0             // the first of the histories
)

// Term is one summand of an Op.
type Term struct {
	Coef float64
	Of   Slot
}

// Op sets a slot to a linear combination of slots; To may be among them.
type Op struct {
	To    Slot
	Terms []Term
}

// Linear2 is a linear function of x_t and the network's output.
type Linear2 struct{ X, Out float64 }

// LogScale scales the noise by exp(Add + Mul v), v being the network's second half of channels.
type LogScale struct{ Add, Mul float64 }

// Move is one call of the network and what follows from it: x_0's estimate, then Ops in order. Every sampler here has this
// form, with coefficients that depend on the position in the chain alone.
type Move struct {
	T float64 // the timestep given to the network; may lie between two
	// NoiseT is the counter word of the step's noise: the timestep, or the step's index from the end where
	// timesteps are fractional or repeat.
	NoiseT uint32
	X0     Linear2
	Clip   float64 // bound of the x_0 estimate; 0 means none
	// Threshold is the quantile of dynamic thresholding, 0 for none, and ThresholdMax the largest bound it may give.
	Threshold, ThresholdMax float64
	Spread                  *LogScale // of a predicted variance
	Ops                     []Op
	// AlphaBar is the level of noise of the state after the move.
	AlphaBar float64
}

// Noisy says whether the move uses noise.
func (m Move) Noisy() bool {
	for _, op := range m.Ops {
		for _, t := range op.Terms {
			if t.Of == Noise && t.Coef != 0 {
				return true
			}
		}
	}
	return false
}

// Plan is a whole chain.
type Plan struct {
	Moves     []Move
	Start     float64 // what x_T is multiplied by; 1 but for samplers that start at a given sigma
	AlphaBar  float64 // the level of noise that the chain begins at
	Histories int     // slots after History0 that the moves use
}

// finish counts the histories and, where the timesteps do not tell the steps' noise apart, numbers it from the end.
func (p *Plan) finish() *Plan {
	if p.Start == 0 {
		p.Start = 1
	}
	own, seen := true, map[float64]bool{}
	for i := range p.Moves {
		m := &p.Moves[i]
		own = own && m.T == float64(uint32(m.T)) && !seen[m.T]
		seen[m.T] = true
		for _, op := range m.Ops {
			p.Histories = max(p.Histories, int(op.To-History0)+1)
		}
	}
	for i := range p.Moves {
		p.Moves[i].NoiseT = uint32(p.Moves[i].T)
		if !own {
			p.Moves[i].NoiseT = uint32(len(p.Moves) - 1 - i)
		}
	}
	return p
}

// set is an Op with its terms given as pairs.
func set(to Slot, terms ...Term) Op { return Op{to, terms} }
