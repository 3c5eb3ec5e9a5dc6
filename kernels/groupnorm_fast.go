package kernels

// normWork is a norm under way; its parts are samples.
type normWork struct {
	r *Runner
	a *GroupNormArgs
}

// GroupNorm computes PlainGroupNorm: per channel, float32 sums of some pixels gathered in float64, first plainly for
// the mean, then centred on that mean for the variance. The second pass also mends the mean.
func (r *Runner) GroupNorm(a *GroupNormArgs) {
	r.norm = normWork{r, a}
	r.reserve(3 * (a.C[0] + a.C[1]))
	for i := range r.work {
		r.work[i].groups(a.Groups)
	}
	r.parallel(a.N, &r.norm)
}

func (w *normWork) do(thread, n int) {
	a, c := w.a, w.a.C[0]+w.a.C[1]
	s := channelSums{a: a, n: n, line: w.r.thread(thread, 3*c), groups: w.r.work[thread].groups(a.Groups)}
	size := c / a.Groups
	count := float64(a.H * a.W * size)
	clear(s.mean())
	s.pass()
	for g, sum := range s.groups {
		fill(s.mean()[g*size:(g+1)*size], float32(sum.mean/count))
	}
	s.pass()
	for g, sum := range s.groups {
		d := sum.mean / count
		mean := float64(s.mean()[g*size]) + d
		a.fold(n, g, moments{mean, max(0, sum.variance/count-d*d)})
	}
}

// groups is room for the sums of so many groups.
func (w *workspace) groups(n int) []moments {
	if len(w.moments) < n {
		w.moments = make([]moments, n)
	}
	return w.moments[:n]
}

// normPixels is how many pixels are summed in float32.
const normPixels = 64

// channelSums sums one sample's pixels, channel by channel.
type channelSums struct {
	a      *GroupNormArgs
	n      int
	line   []float32 // sums, squares and means of every channel
	groups []moments // sums of x - mean and of its square
}

func (s *channelSums) mean() []float32 { return s.line[len(s.line)/3*2:] }

// pass makes the groups' sums.
func (s *channelSums) pass() {
	a, c, mean := s.a, len(s.line)/3, s.mean()
	clear(s.groups)
	sums, squares := s.line[:c], s.line[c:2*c]
	first, pixels := s.n*a.H*a.W, a.H*a.W
	for done := 0; done < pixels; done += normPixels {
		clear(s.line[:2*c])
		at, count, c0 := first+done, min(normPixels, pixels-done), a.C[0]
		centred(sums[:c0], squares[:c0], a.In[0][at*c0:][:count*c0], mean, c0)
		if c1 := a.C[1]; c1 > 0 {
			centred(sums[c0:], squares[c0:], a.In[1][at*c1:][:count*c1], mean[c0:], c1)
		}
		s.gather()
	}
}

// gather adds a piece's sums to their groups'.
func (s *channelSums) gather() {
	c := len(s.line) / 3
	size := c / len(s.groups)
	for i := range s.groups {
		g := &s.groups[i]
		for c0 := range size {
			g.mean += float64(s.line[i*size+c0])
			g.variance += float64(s.line[c+i*size+c0])
		}
	}
}

func fill(s []float32, v float32) {
	for i := range s {
		s[i] = v
	}
}
