package pickle

import (
	"slices"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	for what, data := range map[string][]byte{"zip": small(t), "stream": smallLegacy()} {
		f, err := open(data)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := read(t, f, "w"); !slices.Equal(got, []float32{1, 2, 3, 4, 5, 6}) {
			t.Errorf("%s: read %v", what, got)
		}
	}
}

// Views: an offset, a transposed matrix, channels last; two tensors of one storage.
func TestViews(t *testing.T) {
	s := func() []any { return stored("FloatStorage", "0", 6) }
	f, err := open(archived(t, map[string][]byte{
		"m/data.pkl": program(dict(
			text("tail"), tensor(s(), 4, ints(2), ints(1)), text("transposed"), tensor(s(), 0, ints(3, 2), ints(1, 3)),
			text("column"), tensor(s(), 1, ints(2, 1), ints(3, 1)), text("scalar"), tensor(s(), 5, parts(")"), parts(")")),
			text("none"), tensor(s(), 0, ints(0, 5), ints(5, 1)))),
		"m/data/0": floats(1, 2, 3, 4, 5, 6),
	}))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float32{"tail": {5, 6}, "transposed": {1, 4, 2, 5, 3, 6}, "column": {2, 5}, "scalar": {6}, "none": {}} {
		if got := read(t, f, name); !slices.Equal(got, want) {
			t.Errorf("%s: read %v, want %v", name, got, want)
		}
	}
	part := make([]byte, 8)
	v, _ := f.Root.(*Dict).Get("transposed")
	if _, err := v.(*Tensor).ReadAt(part, 12); err != nil || !slices.Equal(part, floats(5, 3)) {
		t.Errorf("from the middle: %v, %v", part, err)
	}
}

// What else training programs put beside the weights is read and passed over.
func TestHarmless(t *testing.T) {
	f, err := open(archived(t, map[string][]byte{"m/data.pkl": program(dict(
		text("epoch"), 3, text("loss"), "G?\xf0\x00\x00\x00\x00\x00\x00", text("none"), "N", text("long"), "\x8a\x09"+strings.Repeat("\x01", 9),
		text("args"), "cargparse\nNamespace\n)\x81}X\x02\x00\x00\x00lrK\x01sb", text("size"), "ctorch\nSize\n((K\x01K\x02ttR",
		text("pairs"), "ccollections\nOrderedDict\n(](X\x01\x00\x00\x00aK\x01\x86etR",
		text("best"), "cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(X\x02\x00\x00\x00f8\x89\x88tRc_codecs\nencode\n(X\x01\x00\x00\x00xX\x06\x00\x00\x00latin1tRtR"))}))
	if err != nil {
		t.Fatal(err)
	}
	args, _ := f.Root.(*Dict).Get("args")
	if lr, ok := args.(*Dict).Get("lr"); !ok || lr != int64(1) {
		t.Errorf("args %v", args)
	}
	pairs, _ := f.Root.(*Dict).Get("pairs")
	if a, ok := pairs.(*Dict).Get("a"); !ok || a != int64(1) {
		t.Errorf("pairs %v", pairs)
	}
}

// attacks are pickles that must be refused, with what the error says.
var attacks = map[string]struct {
	pickle []byte
	says   []string
}{
	"os.system":            {program("cos\nsystem\n", parts("(", text("echo pwned"), "tR")), []string{`"os.system"`, "nothing of it was run"}},
	"posix.system":         {program("cposix\nsystem\n"), []string{`"posix.system"`}},
	"eval":                 {program("c__builtin__\neval\n"), []string{`"builtins.eval"`}},
	"getattr":              {program("cbuiltins\ngetattr\n"), []string{`"builtins.getattr"`}},
	"stack global":         {program(text("os"), text("system"), "\x93"), []string{`"os.system"`}},
	"stack global numbers": {program(1, 2, "\x93"), []string{"not text"}},
	"load from bytes":      {program("ctorch.storage\n_load_from_bytes\n"), []string{`"torch.storage._load_from_bytes"`}},
	"a module's class":     {program("c__main__\nModel\n"), []string{`"__main__.Model"`, "state_dict"}},
	"calling a storage":    {program("ctorch\nFloatStorage\n)R"), []string{`"torch.FloatStorage"`, "only a name"}},
	"calling a text":       {program(text("os"), ")R"), []string{"not a class"}},
	"inst":                 {program("(ios\nsystem\n"), []string{"opcode", "'i'"}},
	"obj":                  {program("(cos\nsystem\no"), []string{"os.system"}},
	"extension":            {program("\x82\x01"), []string{"opcode", "130"}},
	"out of band":          {program("\x97"), []string{"opcode", "151"}},
	"unknown opcode":       {program("\xff"), []string{"opcode", "255"}},
	"protocol 0":           {[]byte("\x80\x00N."), []string{"protocol 0"}},
	"protocol 9":           {[]byte("\x80\x09N."), []string{"protocol 9"}},
	"no stop":              {[]byte("\x80\x02N"), []string{"STOP", "truncated"}},
	"nothing":              {[]byte("\x80\x02."), []string{"0 objects"}},
	"two objects":          {program("NN"), []string{"2 objects"}},
	"only a mark":          {program("("), []string{"empty stack"}},
	"empty stack":          {program("R"), []string{"empty stack"}},
	"no mark":              {program("Nt"), []string{"no mark"}},
	"memo of nothing":      {program("h\x05"), []string{"object 5"}},
	"giant LONG":           {program("\x8b\xff\xff\xff\x7f"), []string{"integer", "2147483647"}},
	"long LONG1":           {program("\x8a\xff" + strings.Repeat("\x01", 255)), []string{"integer", "255"}},
	"giant string":         {program("X\xff\xff\xff\xff"), []string{"4294967295"}},
	"giant bytes":          {program("\x8e\xff\xff\xff\xff\xff\xff\xff\xff"), []string{"18446744073709551615"}},
	"cut string":           {[]byte("\x80\x02X\x10\x00\x00\x00abc"), []string{"truncated"}},
	"endless name":         {program("c" + strings.Repeat("a", 1000) + "\n"), []string{"256"}},
	"deep lists":           {program(strings.Repeat("]", 100) + strings.Repeat("a", 99)), []string{"nests", "64"}},
	"deep tuples":          {program("N" + strings.Repeat("\x85", 100)), []string{"nests"}},
	"list in itself":       {program("]q\x00" + strings.Repeat("h\x00a", 100)), []string{"nests"}},
	"dict in itself":       {program("}q\x00" + strings.Repeat("Nh\x00s", 100)), []string{"nests"}},
	"memo bomb":            {program("]q\x00" + strings.Repeat("(h\x00h\x00tq\x00", 100)), []string{"nests"}},
	"append to a number":   {program("K\x01Na"), []string{"not a list"}},
	"set of a number":      {program("K\x01NNs"), []string{"not a dictionary"}},
	"odd items":            {program("}(Nu"), []string{"without a value"}},
	"attributes of a list": {program("]}b"), []string{"attributes"}},
	"bytes behind":         {append(program("N"), 'N'), []string{"1 bytes behind"}},
}

func TestAttacks(t *testing.T) {
	for what, a := range attacks {
		t.Run(what, func(t *testing.T) {
			_, err := open(archived(t, map[string][]byte{"m/data.pkl": a.pickle}))
			refused(t, err, a.says...)
		})
	}
}

// A pickle of more opcodes than any checkpoint has ends at the limit, in a moment.
func TestOpcodeBomb(t *testing.T) {
	_, err := open(archived(t, map[string][]byte{"m/data.pkl": program(strings.Repeat("N0", maxOpcodes/2+1))}))
	refused(t, err, "opcodes")
}

// badTensors are tensors that do not lie in their storage "0" of 6 elements.
var badTensors = map[string]struct {
	value []any
	says  string
}{
	"too large":         {tensor(stored("FloatStorage", "0", 6), 0, ints(7), ints(1)), "does not lie in its storage"},
	"too far":           {tensor(stored("FloatStorage", "0", 6), 1, ints(2, 3), ints(3, 1)), "does not lie in its storage"},
	"negative offset":   {tensor(stored("FloatStorage", "0", 6), -1, ints(2), ints(1)), "does not lie in its storage"},
	"negative size":     {tensor(stored("FloatStorage", "0", 6), 0, ints(-2), ints(1)), "does not lie in its storage"},
	"negative stride":   {tensor(stored("FloatStorage", "0", 6), 5, ints(2), ints(-1)), "does not lie in its storage"},
	"expanded":          {tensor(stored("FloatStorage", "0", 6), 0, ints(6, 6), ints(0, 0)), "does not lie in its storage"},
	"overflow":          {tensor(stored("FloatStorage", "0", 6), 0, ints(6, 6, 6, 6, 6, 6, 6, 6, 6, 6), ints(6, 6, 6, 6, 6, 6, 6, 6, 6, 6)), "does not lie in its storage"},
	"strides missing":   {tensor(stored("FloatStorage", "0", 6), 0, ints(2, 3), ints(1)), "offset, shape and strides"},
	"many dimensions":   {tensor(stored("FloatStorage", "0", 6), 0, ints(make([]int, 20)...), ints(make([]int, 20)...)), "offset, shape and strides"},
	"no storage":        {tensor(parts("N"), 0, ints(1), ints(1)), "offset, shape and strides"},
	"other length":      {tensor(stored("FloatStorage", "0", 7), 0, ints(7), ints(1)), "has 24 bytes, 7 elements of F32 need 28"},
	"other type":        {tensor(stored("HalfStorage", "0", 6), 0, ints(6), ints(1)), "has 24 bytes, 6 elements of F16 need 12"},
	"missing storage":   {tensor(stored("FloatStorage", "5", 6), 0, ints(6), ints(1)), `"m/data/5" is missing`},
	"path trick":        {tensor(stored("FloatStorage", "../data.pkl", 6), 0, ints(6), ints(1)), "is missing"},
	"a type of no data": {tensor(stored("float32", "0", 6), 0, ints(6), ints(1)), "persistent id"},
	"negative length":   {tensor(stored("FloatStorage", "0", -6), 0, ints(1), ints(1)), "persistent id"},
	"id no tuple":       {parts("NQ"), "persistent id"},
	"parameter of none": {parts("ctorch._utils\n_rebuild_parameter\n(N\x88NtR"), "parameter"},
}

func TestBadTensors(t *testing.T) {
	for what, c := range badTensors {
		t.Run(what, func(t *testing.T) {
			_, err := open(archived(t, map[string][]byte{"m/data.pkl": program(dict(text("w"), c.value)), "m/data/0": floats(1, 2, 3, 4, 5, 6)}))
			refused(t, err, c.says)
		})
	}
}

// A storage that two tensors lie in has one size.
func TestStorageTwice(t *testing.T) {
	_, err := open(archived(t, map[string][]byte{"m/data/0": floats(1, 2), "m/data.pkl": program(dict(
		text("a"), tensor(stored("FloatStorage", "0", 2), 0, ints(2), ints(1)), text("b"), tensor(stored("IntStorage", "0", 2), 0, ints(2), ints(1))))}))
	refused(t, err, `"0"`, "twice")
}
