package diffusion

import (
	"errors"
	"math"
	"strconv"
)

// pndm is the pseudo numerical method of Liu et al. 2022: a linear multistep method on the predicted noise with the transfer of
// equation 11. PNDM starts with three Runge-Kutta steps of four calls; PLMS with one step done twice. Histories: 0 to 3 outputs in turn,
// 4 the state a step started from, 5 the sum of a Runge-Kutta step, 6 the output that says the clipped estimate of x_0.
func (c *Config) pndm(s *Schedule, r Request, ts []int, stride int) (*Plan, error) {
	if c.Prediction != Epsilon && c.Prediction != V {
		return nil, errors.New("sampler " + string(r.Sampler) + " needs a model that predicts epsilon or v_prediction, this one predicts " + string(c.Prediction) + ": take another sampler")
	}
	clip := c.solverClip(r)
	if r.Sampler == PLMS {
		return c.plms(s, ts, stride, clip)
	}
	if len(ts) < 4 {
		return nil, errors.New("sampler pndm needs at least 4 steps, found " + strconv.Itoa(len(ts)) + ": take more, or plms")
	}
	p := &Plan{AlphaBar: s.AlphaBar(ts[0])}
	half := stride / 2
	for k, t := range ts[:3] {
		for part, at := range []int{t, ts[k+1] + half, ts[k+1] + half, ts[k+1]} {
			m, err := c.rungeKutta(s, k, part, at, t, []int{at - half, at, at - half, at}[part], clip)
			if err != nil {
				return nil, err
			}
			p.Moves = append(p.Moves, m)
		}
	}
	for k := 3; k < len(ts); k++ {
		m, err := c.multistep(s, ts[k], ts[k]-stride, k, min(k+1, 4), clip)
		if err != nil {
			return nil, err
		}
		p.Moves = append(p.Moves, m)
	}
	return p.finish(), nil
}

const (
	outputSlots = History0     // four of them
	startSlot   = History0 + 4 // the state a step started from
	sumSlot     = History0 + 5 // of a Runge-Kutta step
	clippedSlot = History0 + 6 // the output that says the clipped estimate
)

// asked is a call at timestep t and the slot of its output: the network's own, or where x_0's estimate is clipped the output that would
// have said so.
func (c *Config) asked(s *Schedule, t int, clip float64) (m Move, out Slot, err error) {
	m, _, err = c.call(s, s.at(t), clip)
	if err != nil || m.Clip == 0 {
		return m, Out, err
	}
	a, b := s.Forward(t)
	ofX, ofX0 := 1/b, -a/b // eps
	if c.Prediction == V {
		ofX, ofX0 = a/b, -1/b
	}
	m.Ops = []Op{set(clippedSlot, Term{ofX, X}, Term{ofX0, X0})}
	return m, clippedSlot, nil
}

// rungeKutta is call part (0 to 3) of step k, made at timestep at: it leads from the step's start at t to prev.
func (c *Config) rungeKutta(s *Schedule, k, part, at, t, prev int, clip float64) (Move, error) {
	m, out, err := c.asked(s, at, clip)
	if err != nil {
		return m, err
	}
	m.AlphaBar = c.before(s, prev)
	switch part {
	case 0:
		m.Ops = append(m.Ops, set(startSlot, Term{1, X}), set(outputSlots+Slot(k), Term{1, out}), set(sumSlot, Term{1.0 / 6, out}))
	case 1, 2:
		m.Ops = append(m.Ops, set(sumSlot, Term{1, sumSlot}, Term{1.0 / 3, out}))
	}
	slopes := []Term{{1, out}}
	if part == 3 {
		slopes = []Term{{1, sumSlot}, {1.0 / 6, out}}
	}
	m.Ops = append(m.Ops, Op{X, c.transfer(s, t, prev, startSlot, slopes)})
	return m, nil
}

// plms visits the second timestep twice: Euler's step, then the same with the mean of both outputs.
func (c *Config) plms(s *Schedule, ts []int, stride int, clip float64) (*Plan, error) {
	p := &Plan{AlphaBar: s.AlphaBar(ts[0])}
	for k, t := range ts {
		m, err := c.multistep(s, t, t-stride, k, min(k+1, 4), clip)
		if err != nil {
			return nil, err
		}
		if k != 0 || len(ts) == 1 {
			p.Moves = append(p.Moves, m)
			continue
		}
		m.Ops = append([]Op{set(startSlot, Term{1, X})}, m.Ops...)
		again, out, err := c.asked(s, ts[1], clip)
		if err != nil {
			return nil, err
		}
		again.AlphaBar = c.before(s, ts[1])
		again.Ops = append(again.Ops, Op{X, c.transfer(s, ts[1]+stride, ts[1], startSlot, []Term{{0.5, out}, {0.5, outputSlots}})})
		p.Moves = append(p.Moves, m, again)
	}
	return p.finish(), nil
}

// adamsBashforth are the weights of the present output and those before it.
var adamsBashforth = [][]float64{{1}, {3.0 / 2, -1.0 / 2}, {23.0 / 12, -16.0 / 12, 5.0 / 12}, {55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24}}

// multistep is the step from t to prev with count outputs, this one being number k.
func (c *Config) multistep(s *Schedule, t, prev, k, count int, clip float64) (Move, error) {
	m, out, err := c.asked(s, t, clip)
	if err != nil {
		return m, err
	}
	m.AlphaBar = c.before(s, prev)
	var slopes []Term
	for back, w := range adamsBashforth[count-1] {
		from := out
		if back > 0 {
			from = outputSlots + Slot((k-back)%4)
		}
		slopes = append(slopes, Term{w, from})
	}
	m.Ops = append(m.Ops, Op{X, c.transfer(s, t, prev, X, slopes)}, set(outputSlots+Slot(k%4), Term{1, out}))
	return m, nil
}

// transfer leads from the state in slot from at t to prev along a combination of outputs (equation 11).
func (c *Config) transfer(s *Schedule, t, prev int, from Slot, outputs []Term) []Term {
	a, b := s.AlphaBar(t), c.before(s, prev)
	ofX, ofEps := math.Sqrt(b/a), -(b-a)/(a*math.Sqrt(1-b)+math.Sqrt(a*(1-a)*b))
	if c.Prediction == V { // eps = sqrt(a) v + sqrt(1-a) x
		ofX += ofEps * math.Sqrt(1-a)
		ofEps *= math.Sqrt(a)
	}
	terms := []Term{{ofX, from}}
	for _, o := range outputs {
		terms = append(terms, Term{o.Coef * ofEps, o.Of})
	}
	return terms
}
