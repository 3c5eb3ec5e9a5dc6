package engine

import (
	"errors"
	"strconv"
)

func (s Shape) String() string {
	return "[" + strconv.Itoa(s.N) + "," + strconv.Itoa(s.C) + "," + strconv.Itoa(s.H) + "," + strconv.Itoa(s.W) + "]"
}

// Check reports a shape that is not positive in every part.
func (s Shape) Check() error {
	if s.N < 1 || s.C < 1 || s.H < 1 || s.W < 1 {
		return errors.New("tensor shape " + s.String() + " must be positive in every part")
	}
	return nil
}

// CheckLen reports a number of values that does not fill the shape.
func (s Shape) CheckLen(n int) error {
	if n != s.Len() {
		return errors.New("tensor " + s.String() + " has " + strconv.Itoa(s.Len()) + " values, got " + strconv.Itoa(n))
	}
	return nil
}

// CheckPixels reports a tensor that is no picture, or bytes that are not as many as its pixels have.
func (s Shape) CheckPixels(n int) error {
	if s.C != 1 && s.C != 3 {
		return errors.New("pixels need 1 or 3 channels, tensor " + s.String())
	}
	if n != s.pixelBytes() {
		return errors.New("the pixels of tensor " + s.String() + " are " + strconv.Itoa(s.pixelBytes()) + " bytes, got " + strconv.Itoa(n))
	}
	return nil
}

func (s Shape) pixelBytes() int { return 4 * s.N * s.H * s.W }

// ToNHWC reorders values from NCHW.
func (s Shape) ToNHWC(nhwc, nchw []float32) {
	pixels := s.H * s.W
	for n := range s.N {
		for c := range s.C {
			from := nchw[(n*s.C+c)*pixels:][:pixels]
			for p, v := range from {
				nhwc[(n*pixels+p)*s.C+c] = v
			}
		}
	}
}

// ToNCHW reorders values from NHWC.
func (s Shape) ToNCHW(nchw, nhwc []float32) {
	pixels := s.H * s.W
	for n := range s.N {
		for c := range s.C {
			to := nchw[(n*s.C+c)*pixels:][:pixels]
			for p := range to {
				to[p] = nhwc[(n*pixels+p)*s.C+c]
			}
		}
	}
}

// CheckFactor reports tensors of a Modulate that do not fit the destination.
func CheckFactor(dst, src Shape, f Factor) error {
	s := f.T.Shape()
	fits := s.C == 1 && f.Channel == 0 || f.Channel >= 0 && f.Channel+dst.C <= s.C
	if src != dst || s.N != dst.N || s.H != dst.H || s.W != dst.W || !fits {
		return errors.New("modulate: tensors " + src.String() + " and " + s.String() + " from channel " + strconv.Itoa(f.Channel) + " do not fit " + dst.String())
	}
	return nil
}

// CheckTerm reports a term of a Combine whose tensor does not fit the destination.
func CheckTerm(dst Shape, t Term) error {
	s := t.T.Shape()
	if s.N != dst.N || s.H != dst.H || s.W != dst.W || t.Channel < 0 || t.Channel+dst.C > s.C {
		return errors.New("combine: tensor " + s.String() + " from channel " + strconv.Itoa(t.Channel) + " does not fit " + dst.String())
	}
	return nil
}
