package kernels

// GroupNorm computes PlainGroupNorm: per channel, float32 sums of a row's pixels gathered in float64, first plainly for
// the mean, then centred on that mean for the variance. The second pass also mends the mean.
func (r *Runner) GroupNorm(a *GroupNormArgs) {
	c := a.C[0] + a.C[1]
	r.parallel(a.N, func(thread, n int) {
		s := channelSums{a: a, n: n, line: r.thread(thread, 3*c)}
		size := c / a.Groups
		count := float64(a.H * a.W * size)
		for g, sum := range s.pass(nil) {
			fill(s.mean()[g*size:(g+1)*size], float32(sum.mean/count))
		}
		for g, sum := range s.pass(s.mean()) {
			d := sum.mean / count
			mean := float64(s.mean()[g*size]) + d
			a.fold(n, g, moments{mean, max(0, sum.variance/count-d*d)})
		}
	})
}

// channelSums sums one sample's rows, channel by channel.
type channelSums struct {
	a    *GroupNormArgs
	n    int
	line []float32 // sums, squares and means of every channel
}

func (s *channelSums) mean() []float32 { return s.line[len(s.line)/3*2:] }

// pass gives every group's sum of x - mean and of its square; mean nil is 0.
func (s *channelSums) pass(mean []float32) []moments {
	a, c := s.a, len(s.line)/3
	if mean == nil {
		mean = s.mean()
		clear(mean)
	}
	out := make([]moments, a.Groups)
	sums, squares := s.line[:c], s.line[c:2*c]
	for y := range a.H {
		clear(s.line[:2*c])
		row, c0 := (s.n*a.H+y)*a.W, a.C[0]
		centred(sums[:c0], squares[:c0], a.In[0][row*c0:][:a.W*c0], mean, c0)
		if c1 := a.C[1]; c1 > 0 {
			centred(sums[c0:], squares[c0:], a.In[1][row*c1:][:a.W*c1], mean[c0:], c1)
		}
		for i := range c {
			g := &out[i*a.Groups/c]
			g.mean += float64(sums[i])
			g.variance += float64(squares[i])
		}
	}
	return out
}

func fill(s []float32, v float32) {
	for i := range s {
		s[i] = v
	}
}
