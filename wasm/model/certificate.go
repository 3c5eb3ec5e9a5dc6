package model

import (
	"unnoise/weights/jsontree"
)

// Certificate says how close a pack is to the float32 weights it was made from: FORMAT.md, "certificate".
type Certificate struct {
	// Kind is "quick" or "full".
	Kind string
	// Rounding has every matrix that was rounded to float16; none for a float32 pack.
	Rounding []Rounding
	// Eps compares the network's outputs on noise, float32 weights against the pack's.
	Eps []EpsDifference
	// Chain compares a DDIM chain's pictures; nil where it was too long for a quick certificate.
	Chain *ChainDifference
}

// Rounding says what storing a matrix in float16 did to it.
type Rounding struct {
	Name string
	// Elements is how many there are; Overflow of them lie beyond float16's range as they stand, Subnormal below its normal range
	// but not at zero; Lost were stored as zero.
	Elements, Overflow, Subnormal, Lost int
	// Scaled counts the output channels stored times a power of two.
	Scaled int
	// MaxAbs is the largest error, Relative the root of the sum of squared errors over that of squares.
	MaxAbs, Relative float64
	// Float32 is true for a matrix that no power of two brings into float16's range: it was kept as it is.
	Float32 bool
}

// EpsDifference is the largest and the root-mean-square difference of the output at timestep T.
type EpsDifference struct {
	T        int
	Max, RMS float64
}

// ChainDifference compares finished pictures in [-1,1], clamped: the largest difference, and the peak signal-to-noise ratio in decibel
// (peak 2), 0 where they are equal.
type ChainDifference struct {
	Steps     int
	Max, PSNR float64
}

// keyCertificate is optional in a pack's metadata.
const keyCertificate = "certificate"

// WithCertificate adds a certificate to a pack's metadata; nil adds nothing.
func WithCertificate(metadata map[string]string, c *Certificate) map[string]string {
	if c != nil {
		metadata[keyCertificate] = jsontree.Text(c.Object())
	}
	return metadata
}

// Object is the certificate as a pack holds it.
func (c *Certificate) Object() *jsontree.Object {
	rounding, eps := []any{}, []any{}
	for _, r := range c.Rounding {
		rounding = append(rounding, r.object())
	}
	for _, e := range c.Eps {
		eps = append(eps, jsontree.NewObject().Set("t", e.T).Set("max", e.Max).Set("rms", e.RMS))
	}
	o := jsontree.NewObject().Set("kind", c.Kind).Set("rounding", rounding).Set("eps", eps)
	if c.Chain != nil {
		o.Set("ddim", jsontree.NewObject().Set("steps", c.Chain.Steps).Set("max", c.Chain.Max).Set("psnr", c.Chain.PSNR))
	}
	return o
}

// object leaves out what is zero.
func (r *Rounding) object() *jsontree.Object {
	o := jsontree.NewObject().Set("name", r.Name).Set("elements", r.Elements)
	for _, f := range []struct {
		key   string
		value int
	}{{"overflow", r.Overflow}, {"subnormal", r.Subnormal}, {"lost", r.Lost}, {"scaled", r.Scaled}} {
		if f.value != 0 {
			o.Set(f.key, f.value)
		}
	}
	if r.Float32 {
		return o.Set("float32", true)
	}
	return o.Set("max", r.MaxAbs).Set("relative", r.Relative)
}

// readCertificate gives nil for a pack without one. It is for people: unknown keys are passed over.
func readCertificate(text string) (*Certificate, error) {
	if text == "" {
		return nil, nil
	}
	o, err := jsontree.ParseObject([]byte(text))
	if err != nil {
		return nil, err
	}
	f := o.Fields(keyCertificate)
	c := &Certificate{Kind: f.String("kind", "")}
	for _, r := range f.Objects("rounding") {
		c.Rounding = append(c.Rounding, Rounding{Name: r.String("name", ""), Elements: r.Int("elements", 0), Overflow: r.Int("overflow", 0),
			Subnormal: r.Int("subnormal", 0), Lost: r.Int("lost", 0), Scaled: r.Int("scaled", 0),
			MaxAbs: r.Float("max", 0), Relative: r.Float("relative", 0), Float32: r.Bool("float32", false)})
	}
	for _, e := range f.Objects("eps") {
		c.Eps = append(c.Eps, EpsDifference{e.Int("t", 0), e.Float("max", 0), e.Float("rms", 0)})
	}
	if d := f.Object("ddim"); d != nil {
		c.Chain = &ChainDifference{d.Int("steps", 0), d.Float("max", 0), d.Float("psnr", 0)}
	}
	return c, f.Err()
}
