// Package noise is the counter-based random source of the chains: Philox4x32-10 (Salmon et al. 2011) and a normal
// transform that gives the same bits on every machine. A value depends on seed, stream, timestep, sample and position
// alone, so that work can be split, replayed and forked.
package noise

const (
	mul0, mul1   = 0xD2511F53, 0xCD9E8D57
	weyl0, weyl1 = 0x9E3779B9, 0xBB67AE85
)

// Philox4x32 is the ten-round generator: one block of four words.
func Philox4x32(counter [4]uint32, key [2]uint32) [4]uint32 {
	for range 10 {
		p0, p1 := mul0*uint64(counter[0]), mul1*uint64(counter[2])
		counter = [4]uint32{
			uint32(p1>>32) ^ counter[1] ^ key[0], uint32(p1),
			uint32(p0>>32) ^ counter[3] ^ key[1], uint32(p0),
		}
		key[0] += weyl0
		key[1] += weyl1
	}
	return counter
}
