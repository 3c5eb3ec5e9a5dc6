package wasmstrip

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// What the runtime's tables look like, by its own sources (runtime/symtab.go, runtime/runtime2.go, internal/abi/symtab.go), Go 1.27.
const (
	magic = 0xfffffff1 // of the table of functions since Go 1.20

	// Of the table's header: magic, sizes, then 64-bit words.
	headerSize = 72
	funcCount  = 8
	nameStart  = 32 // offsets from the header: function names, compilation units, files, tables by pc, functions
	unitStart  = 40
	pcStart    = 56
	funcStart  = 64

	// Of runtime.moduledata, in words.
	moduleNames  = 2  // length of the function names
	moduleGoFunc = 43 // start of the functions' own data
	moduleEnd    = 44 // end of the tables of functions and that data

	// Of runtime._func.
	funcSize       = 44
	funcName       = 4
	funcPCSP       = 16
	funcPCFile     = 20
	funcPCLine     = 24
	funcPCCount    = 28
	funcUnit       = 32
	funcStartLine  = 36
	funcDataCount  = 43
	absent         = 0xffffffff // of an offset into the functions' own data
	inlineNodeSize = 16
)

// Tables by pc that a function may have. Goroutines of js/wasm are never interrupted between calls, so unsafe points do not matter.
const (
	pcUnsafePoint = 0
	pcInlineTree  = 2
	pcLiveArgs    = 3
)

// Data of functions that serve tracebacks alone.
const (
	dataInlineTree = 3
	dataArgs       = 5
	dataLiveArgs   = 6
)

// tables are those of one program.
type tables struct {
	memory image
	head   int // address of the header
	goFunc int
	names  []byte // function names
	units  []byte // compilation units and files
	byPC   []byte // tables by pc
	funcs  []byte
	needed []bool // bytes of byPC that something still refers to
	trees  map[int]int
}

// stripTables makes zeros of what only tracebacks read.
func stripTables(memory image) error {
	t, err := findTables(memory)
	if err != nil {
		return err
	}
	count, err := memory.word(t.head + funcCount)
	if err != nil {
		return err
	}
	if count < 1 || 8*count > len(t.funcs) {
		return fmt.Errorf("%w: %d functions", ErrLayout, count)
	}
	for i := range count {
		if err := t.function(int(binary.LittleEndian.Uint32(t.funcs[8*i+4:]))); err != nil {
			return fmt.Errorf("function %d: %w", i, err)
		}
	}
	for i, used := range t.needed {
		if !used {
			t.byPC[i] = 0
		}
	}
	clear(t.names) // every name is the empty one at offset 0 now
	clear(t.units)
	return t.clearTrees()
}

// findTables looks for the header, and for the module's data, which points at it.
func findTables(memory image) (*tables, error) {
	for from := 0; ; from += 4 {
		i := bytes.Index(memory.data[min(from, len(memory.data)):], binary.LittleEndian.AppendUint32(nil, magic))
		if i < 0 {
			return nil, fmt.Errorf("%w: no table of functions", ErrLayout)
		}
		from += i
		if t, err := tablesAt(memory, memory.start+from); err == nil {
			return t, nil
		}
	}
}

func tablesAt(memory image, head int) (*tables, error) {
	var offsets [funcStart/8 + 1]int
	for i := range offsets {
		var err error
		if offsets[i], err = memory.word(head + 8*i); err != nil {
			return nil, err
		}
	}
	names, units, byPC, funcs := offsets[nameStart/8], offsets[unitStart/8], offsets[pcStart/8], offsets[funcStart/8]
	if names != headerSize || units <= names || byPC <= units || funcs <= byPC {
		return nil, fmt.Errorf("%w: a header of other proportions", ErrLayout)
	}
	// moduledata begins with a pointer to the header and one to the names.
	pointers := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, uint64(head)), uint64(head+names))
	module := bytes.Index(memory.data, pointers)
	if module < 0 {
		return nil, fmt.Errorf("%w: nothing points to the table of functions", ErrLayout)
	}
	module += memory.start
	length, _ := memory.word(module + 8*moduleNames)
	goFunc, _ := memory.word(module + 8*moduleGoFunc)
	last, err := memory.word(module + 8*moduleEnd)
	if err != nil {
		return nil, err
	}
	if length > units-names || length < units-names-8 || goFunc <= head+funcs || last <= goFunc {
		return nil, fmt.Errorf("%w: other data of the module", ErrLayout)
	}
	t := &tables{memory: memory, head: head, goFunc: goFunc, needed: make([]bool, funcs-byPC), trees: map[int]int{}}
	from := head - memory.start
	t.names, t.units = memory.data[from+names:from+units], memory.data[from+units:from+byPC]
	t.byPC, t.funcs = memory.data[from+byPC:from+funcs], memory.data[from+funcs:]
	return t, nil
}

// function strips the function whose description stands at an offset, and notes what is still needed.
func (t *tables) function(offset int) error {
	if offset < 0 || offset > len(t.funcs)-funcSize {
		return fmt.Errorf("%w: described outside the table", ErrLayout)
	}
	f := t.funcs[offset:]
	pcs, datas := int(binary.LittleEndian.Uint32(f[funcPCCount:])), int(f[funcDataCount])
	if pcs > 16 || datas > 16 || len(f) < funcSize+4*(pcs+datas) {
		return fmt.Errorf("%w: %d tables by pc", ErrLayout, pcs)
	}
	pc, data := f[funcSize:][:4*pcs], f[funcSize+4*pcs:][:4*datas]
	nodes, err := t.inlineNodes(pc)
	if err != nil {
		return err
	}
	for _, field := range []int{funcName, funcPCFile, funcPCLine, funcUnit, funcStartLine} {
		clear(f[field:][:4])
	}
	for _, kind := range []int{pcUnsafePoint, pcInlineTree, pcLiveArgs} {
		if kind < pcs {
			clear(pc[4*kind:][:4])
		}
	}
	if 4*dataInlineTree < len(data) {
		if at := binary.LittleEndian.Uint32(data[4*dataInlineTree:]); at != absent {
			t.trees[int(at)] = max(t.trees[int(at)], nodes)
		}
	}
	for _, kind := range []int{dataInlineTree, dataArgs, dataLiveArgs} {
		if kind < datas {
			binary.LittleEndian.PutUint32(data[4*kind:], absent)
		}
	}
	for _, table := range append([][]byte{f[funcPCSP:][:4]}, chunks(pc)...) {
		if err := t.need(int(binary.LittleEndian.Uint32(table))); err != nil {
			return err
		}
	}
	return nil
}

func chunks(words []byte) (list [][]byte) {
	for ; len(words) >= 4; words = words[4:] {
		list = append(list, words[:4])
	}
	return list
}

// inlineNodes is the number of nodes of a function's tree of inlined calls: one more than the largest that its table by pc names.
func (t *tables) inlineNodes(pc []byte) (int, error) {
	if len(pc) < 4*pcInlineTree+4 {
		return 0, nil
	}
	largest := -1
	_, err := t.walk(int(binary.LittleEndian.Uint32(pc[4*pcInlineTree:])), func(value int) { largest = max(largest, value) })
	return largest + 1, err
}

// need notes that a table by pc stays.
func (t *tables) need(offset int) error {
	size, err := t.walk(offset, func(int) {})
	if err != nil {
		return err
	}
	for i := range size {
		t.needed[offset+i] = true
	}
	return nil
}

// walk goes through a table by pc, pairs of a change of value (zigzag) and of pc that a zero ends, and returns its length in bytes;
// offset 0 is no table.
func (t *tables) walk(offset int, visit func(value int)) (int, error) {
	if offset == 0 {
		return 0, nil
	}
	if offset >= len(t.byPC) {
		return 0, fmt.Errorf("%w: a table by pc outside the others", ErrLayout)
	}
	value := -1
	at := offset
	for {
		change, n := binary.Uvarint(t.byPC[at:])
		if n <= 0 {
			return 0, fmt.Errorf("%w: a table by pc without end", ErrLayout)
		}
		at += n
		if change == 0 && at > offset+n {
			return at - offset, nil
		}
		value += int(change>>1) ^ -int(change&1)
		visit(value)
		_, n = binary.Uvarint(t.byPC[at:])
		if n <= 0 {
			return 0, fmt.Errorf("%w: a table by pc without end", ErrLayout)
		}
		at += n
	}
}

// clearTrees makes zeros of the trees of inlined calls, to which nothing refers any more.
func (t *tables) clearTrees() error {
	for at, nodes := range t.trees {
		tree, err := t.memory.at(t.goFunc+at, nodes*inlineNodeSize)
		if err != nil {
			return err
		}
		clear(tree)
	}
	return nil
}
