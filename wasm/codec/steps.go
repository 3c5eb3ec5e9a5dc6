package codec

import "math"

// ladder are the lengths and numbers of parts that a step may have: each a fifth or so more than the one before, so that the
// stream names one by how many rungs it lies from the last.
var ladder = rungs()

const maxRung = 8192

// How much a symbol's count grows: streams are short, so models learn fast.
const digitStep, rungStep = 48, 24

func rungs() []int {
	var list []int
	for i := 0; ; i++ {
		n := int(math.Round(math.Exp2(float64(i) / 4)))
		if n > maxRung {
			return list
		}
		if len(list) == 0 || n > list[len(list)-1] {
			list = append(list, n)
		}
	}
}

// models are the adaptive models of a stream. Rungs are coded by their distance from the last; indices by their number of
// binary digits, whose counts begin with Zipf's law, and the digits below the first as they are.
type models struct {
	jump, parts         counts
	digits              counts
	lastJump, lastParts int
}

// newModels makes the models that both sides begin with. zipf is the ratio, of 256, of the shares of indices with one binary digit more
// and less; digits is the most an index may have; first is the level of the first step, which is expected to be long.
func newModels(zipf, digits, first int) *models {
	m := &models{jump: rungCounts(), parts: rungCounts(), digits: counts{step: digitStep}}
	for m.lastJump < len(ladder)-1 && ladder[m.lastJump+1] <= first*2/5 {
		m.lastJump++
	}
	share := uint32(1 << 12)
	for range digits + 1 {
		m.digits.c = append(m.digits.c, max(share>>7, 1))
		share = share * uint32(zipf) >> 8
	}
	return m
}

// rungCounts is a model of distances between rungs, small ones likelier.
func rungCounts() counts {
	m := counts{c: make([]uint32, 2*len(ladder)-1), step: rungStep}
	for i := range m.c {
		m.c[i] = uint32(max(64>>(2*distance(i-len(ladder)+1)), 1))
	}
	return m
}

func distance(d int) int { return max(d, -d) }

func (m *models) writeStep(e *encoder, jump, parts int) {
	m.jump.encode(e, jump-m.lastJump+len(ladder)-1)
	m.parts.encode(e, parts-m.lastParts+len(ladder)-1)
	m.lastJump, m.lastParts = jump, parts
}

// readStep gives rungs; ok says that they are on the ladder.
func (m *models) readStep(d *decoder) (jump, parts int, ok bool) {
	jump = m.jump.decode(d) - len(ladder) + 1 + m.lastJump
	parts = m.parts.decode(d) - len(ladder) + 1 + m.lastParts
	m.lastJump, m.lastParts = jump, parts
	return jump, parts, jump >= 0 && parts >= 0 && jump < len(ladder) && parts < len(ladder)
}

// writeIndex codes an index from 0 on: that of index+1 has digits after its first.
func (m *models) writeIndex(e *encoder, index uint32) {
	n := 0
	for (index+1)>>(n+1) > 0 {
		n++
	}
	m.digits.encode(e, n)
	e.raw(index+1-1<<n, n)
}

func (m *models) readIndex(d *decoder) uint32 {
	n := m.digits.decode(d)
	return d.raw(n) + 1<<n - 1
}
