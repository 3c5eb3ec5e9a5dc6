package pickle

import (
	"errors"
	"strconv"

	"unnoise/weights"
)

// global is a class or function that a pickle names: nothing but its name.
type global struct{ name string }

// classes is the closed table of what may be called, with what the call gives. None runs code of the file.
var classes map[string]func(m *machine, args []any) (any, error)

// inert are names that appear as values only: element types of storages and tensors.
var inert = map[string]weights.DType{
	"torch.FloatStorage": weights.F32, "torch.HalfStorage": weights.F16, "torch.BFloat16Storage": weights.BF16,
	"torch.DoubleStorage": weights.F64, "torch.LongStorage": weights.I64, "torch.IntStorage": "I32", "torch.ShortStorage": "I16",
	"torch.CharStorage": "I8", "torch.ByteStorage": weights.U8, "torch.BoolStorage": "BOOL",
	"torch.float32": weights.F32, "torch.float16": weights.F16, "torch.bfloat16": weights.BF16, "torch.float64": weights.F64,
	"torch.int64": weights.I64, "torch.int32": "I32", "torch.int16": "I16", "torch.int8": "I8", "torch.uint8": weights.U8, "torch.bool": "BOOL",
}

func init() {
	classes = map[string]func(m *machine, args []any) (any, error){
		"collections.OrderedDict": func(m *machine, args []any) (any, error) { return dictOf(args) },
		// The argument of a defaultdict is the class of its defaults.
		"collections.defaultdict":                    func(m *machine, args []any) (any, error) { return newDict(), nil },
		"builtins.dict":                              func(m *machine, args []any) (any, error) { return newDict(), nil },
		"builtins.list":                              func(m *machine, args []any) (any, error) { return list(nil) },
		"builtins.set":                               opaque("set"),
		"argparse.Namespace":                         func(m *machine, args []any) (any, error) { return newDict(), nil },
		"torch.Size":                                 func(m *machine, args []any) (any, error) { return list(args) },
		"torch.device":                               opaque("device"),
		"_codecs.encode":                             opaque("bytes"),
		"numpy.dtype":                                opaque("numpy.dtype"),
		"numpy.core.multiarray.scalar":               opaque("numpy number"),
		"numpy._core.multiarray.scalar":              opaque("numpy number"),
		"torch._utils._rebuild_tensor":               rebuildTensor,
		"torch._utils._rebuild_tensor_v2":            rebuildTensor,
		"torch._utils._rebuild_parameter":            rebuildParameter,
		"torch._utils._rebuild_parameter_with_state": rebuildParameter,
	}
}

func opaque(class string) func(*machine, []any) (any, error) {
	return func(*machine, []any) (any, error) { return &Opaque{class}, nil }
}

func calls() {
	opcodes['c'] = func(m *machine) error { // GLOBAL
		module, err := m.line()
		if err != nil {
			return err
		}
		name, err := m.line()
		if err != nil {
			return err
		}
		return m.global(module, name)
	}
	opcodes[0x93] = func(m *machine) error { // STACK_GLOBAL
		parts, err := m.popN(2)
		if err != nil {
			return err
		}
		module, ok1 := parts[0].(string)
		name, ok2 := parts[1].(string)
		if !ok1 || !ok2 {
			return errors.New("names a class by what is not text: the pickle is damaged")
		}
		return m.global(module, name)
	}
	opcodes['R'], opcodes[0x81] = (*machine).reduce, (*machine).reduce // REDUCE, NEWOBJ: both call a class of the table
	opcodes['b'] = (*machine).build
	opcodes['Q'] = (*machine).persistent
}

// global pushes a name of the tables; any other is refused: it could do anything.
func (m *machine) global(module, name string) error {
	if module == "__builtin__" {
		module = "builtins" // as Python 2 wrote it
	}
	full := module + "." + name
	if classes[full] == nil && inert[full] == "" {
		return errors.New("asks for " + strconv.Quote(full) + ", which is not one of the classes that checkpoints of tensors need: nothing of it was run; save the model's state_dict() alone and try again")
	}
	m.push(&global{full})
	return nil
}

func (m *machine) reduce() error {
	parts, err := m.popN(2)
	if err != nil {
		return err
	}
	g, ok := parts[0].(*global)
	args, tuple := parts[1].(*List)
	if !ok || !tuple {
		return errors.New("calls what is not a class: the pickle is damaged")
	}
	call := classes[g.name]
	if call == nil {
		return errors.New("calls " + strconv.Quote(g.name) + ", which is only a name here")
	}
	v, err := call(m, args.Items)
	m.push(v)
	return err
}

// build gives an object its attributes: those of a Namespace are its content, those of an OrderedDict (a state_dict's
// _metadata) and of opaque objects are passed over.
func (m *machine) build() error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	d, ok := v.(*Dict)
	if _, opaque := v.(*Opaque); !ok && !opaque {
		return errors.New("gives attributes to an object that has none")
	}
	s, isDict := state.(*Dict)
	if ok && isDict && len(d.Keys) == 0 {
		for i, key := range s.Keys {
			if key == "_metadata" {
				continue
			}
			if err := d.set([]any{key, s.Values[i]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// dictOf makes a dictionary of a list of pairs, as OrderedDict(pairs) of early protocols.
func dictOf(args []any) (any, error) {
	d := newDict()
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*List)
	if !ok {
		return nil, errors.New("makes a dictionary of what is not a list of pairs")
	}
	for _, p := range pairs.Items {
		pair, ok := p.(*List)
		if !ok || len(pair.Items) != 2 {
			return nil, errors.New("makes a dictionary of what is not a list of pairs")
		}
		if err := d.set(pair.Items); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// persistent reads ('storage', class, key, location, elements, ...).
func (m *machine) persistent() error {
	v, err := m.pop()
	if err != nil {
		return err
	}
	id, ok := v.(*List)
	if !ok {
		return errors.New("has a persistent id that is not a tuple")
	}
	if m.storage == nil {
		return errors.New("asks for tensor data where there can be none")
	}
	s, err := m.storage(id.Items)
	if err != nil {
		return err
	}
	m.push(s)
	return nil
}

func rebuildParameter(m *machine, args []any) (any, error) {
	if len(args) > 0 {
		if t, ok := args[0].(*Tensor); ok {
			return t, nil
		}
	}
	return nil, errors.New("makes a parameter of what is not a tensor")
}
