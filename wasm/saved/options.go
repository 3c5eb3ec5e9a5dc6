package saved

import (
	"errors"
	"strconv"

	"unnoise/wasm/sampler"
	"unnoise/weights/jsontree"
)

// field is a value of the chain's description: at points to an int, a float64, a bool, a string or a list of ints.
type field struct {
	name string
	at   any
}

// description is everything of a state but its tensors, as it is written.
type description struct {
	version          int
	model, modelName string
	index, histories int
	seed             string
	begun, keeps     bool
	config           sampler.Config
	paint            sampler.Paint
}

// fields are the description's values, in the order they are written.
func (d *description) fields() []field {
	c, r := &d.config, &d.config.Request
	return []field{
		{"version", &d.version}, {"model", &d.model}, {"model_name", &d.modelName},
		{"index", &d.index}, {"histories", &d.histories},
		{"seed", &d.seed}, {"count", &c.Count}, {"first", &c.First}, {"labels", &c.Labels},
		{"guidance", &c.Guidance}, {"one_noise", &c.OneNoise}, {"begun", &d.begun},
		{"sampler", (*string)(&r.Sampler)}, {"steps", &r.Steps}, {"eta", &r.Eta}, {"variance", (*string)(&r.Variance)},
		{"spacing", (*string)(&r.Spacing)}, {"from_clipped", &r.FromClipped}, {"compat", (*string)(&r.Compat)}, {"depth", &r.Depth},
		{"timesteps", &r.Timesteps}, {"order", &r.Order}, {"solver", &r.Type}, {"karras", &r.Karras}, {"sigma_min", &r.SigmaMin},
		{"euler_final", &r.EulerFinal}, {"high_order_final", &r.HighOrderFinal}, {"lambda_min", &r.LambdaMin},
		{"keeps", &d.keeps}, {"jump", &d.paint.Jump}, {"repeats", &d.paint.Repeats},
	}
}

// describe is the text of a state's description.
func describe(m Model, s *sampler.State) string {
	c := s.Config
	d := &description{version: Version, model: m.ID, modelName: m.Name, index: s.Index, histories: len(s.Histories),
		seed: strconv.FormatUint(c.Seed, 10), begun: c.Begin != nil, keeps: c.Paint != nil, config: c}
	if c.Paint != nil {
		d.paint = *c.Paint
	}
	o := jsontree.NewObject()
	for _, f := range d.fields() {
		switch at := f.at.(type) {
		case *int:
			o.Set(f.name, *at)
		case *float64:
			o.Set(f.name, *at)
		case *bool:
			o.Set(f.name, *at)
		case *string:
			o.Set(f.name, *at)
		case *[]int:
			o.Set(f.name, jsontree.Ints(*at))
		}
	}
	return jsontree.Text(o)
}

// maxHistories bounds what is read; sampler.Resume demands the exact number.
const maxHistories = 64

// understand is describe's inverse. Version and model come first: they explain everything else.
func understand(text string, m Model) (*sampler.State, error) {
	o, err := jsontree.ParseObject([]byte(text))
	if err != nil {
		return nil, senseless(err.Error())
	}
	f, d := o.Fields(keyChain), &description{}
	for _, v := range d.fields() {
		switch at := v.at.(type) {
		case *int:
			*at = f.Int(v.name, 0)
		case *float64:
			*at = f.Float(v.name, 0)
		case *bool:
			*at = f.Bool(v.name, false)
		case *string:
			*at = f.String(v.name, "")
		case *[]int:
			*at = f.Ints(v.name)
		}
	}
	if d.version > Version {
		return nil, &problem{ErrVersion, "is of version " + strconv.Itoa(d.version) + ", this program reads up to " + strconv.Itoa(Version) + ": reload the page or update the program"}
	}
	if err := f.Err(); err != nil {
		return nil, senseless(err.Error())
	}
	if d.model != m.ID {
		return nil, &problem{ErrModel, "was drawn with the model " + called(d.model, d.modelName) + ", the one that is open is " + called(m.ID, m.Name) + ": open that one first"}
	}
	if d.config.Seed, err = strconv.ParseUint(d.seed, 10, 64); err != nil {
		return nil, senseless("seed " + strconv.Quote(d.seed) + " is no whole number from 0 to 2^64-1")
	}
	if err := d.check(); err != nil {
		return nil, senseless(err.Error())
	}
	s := &sampler.State{Config: d.config, Index: d.index, Histories: make([][]float32, d.histories)}
	if d.begun {
		s.Config.Begin = []float32{}
	}
	if d.keeps {
		s.Config.Paint = &d.paint
	}
	return s, nil
}

func senseless(why string) error { return broken("has a description that makes no sense: " + why) }

func (d *description) check() error {
	c := &d.config
	switch {
	case d.version < 1 || c.Count < 1 || c.Count > sampler.MaxCount || c.First < 0 || d.index < 0 || d.histories < 0 || d.histories > maxHistories:
		return errors.New("version, count, first, index or histories are out of range")
	case len(c.Labels) != 0 && len(c.Labels) != c.Count:
		return errors.New(strconv.Itoa(len(c.Labels)) + " labels for " + strconv.Itoa(c.Count) + " pictures")
	}
	return nil
}

func called(id, name string) string {
	if len(id) > 12 {
		id = id[:12]
	}
	if name == "" {
		return id
	}
	return strconv.Quote(name) + " (" + id + ")"
}
