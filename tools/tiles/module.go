package main

// A writer of WebAssembly modules (WebAssembly Core Specification 3.0, chapter 5), as far as the kernels need it.

// The types of values.
const (
	i32  = 0x7f
	f32  = 0x7d
	v128 = 0x7b
)

// The sections of a module and the kinds of what is imported and exported.
const (
	typeSection, importSection, functionSection, tableSection, exportSection, elementSection, codeSection = 1, 2, 3, 4, 7, 9, 10

	kindFunction, kindTable, kindMemory = 0, 1, 2

	funcref = 0x70
)

// module is a module under way, section by section.
type module struct{ types, imports, functions, tables, exports, elements, code [][]byte }

// uleb is an unsigned LEB128 number.
func uleb(n int) []byte {
	var out []byte
	for ; n >= 0x80; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(out, byte(n))
}

// sleb is a signed one.
func sleb(n int) []byte {
	var out []byte
	for ; n < -64 || n > 63; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(out, byte(n)&0x7f)
}

func join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// vector is a list with its length before it.
func vector(items [][]byte) []byte { return join(uleb(len(items)), join(items...)) }

func text(s string) []byte { return join(uleb(len(s)), []byte(s)) }

func section(id byte, items [][]byte) []byte {
	if len(items) == 0 {
		return nil
	}
	content := vector(items)
	return join([]byte{id}, uleb(len(content)), content)
}

// bytes is the module as a file.
func (m *module) bytes() []byte {
	return join([]byte("\x00asm\x01\x00\x00\x00"), section(typeSection, m.types), section(importSection, m.imports),
		section(functionSection, m.functions), section(tableSection, m.tables), section(exportSection, m.exports),
		section(elementSection, m.elements), section(codeSection, m.code))
}

// add adds a function and gives its index, which is its type's too. No function may be imported.
func (m *module) add(f *function) int {
	index := len(m.functions)
	m.types = append(m.types, join([]byte{0x60}, text(string(f.params)), []byte{0}))
	m.functions = append(m.functions, uleb(index))
	body := join(vector(f.locals), f.body, []byte{end})
	m.code = append(m.code, join(uleb(len(body)), body))
	return index
}

// bring imports something; limits are a table's or a memory's.
func (m *module) bring(from, name string, kind byte, limits ...byte) {
	m.imports = append(m.imports, join(text(from), text(name), []byte{kind}, limits))
}

func (m *module) export(name string, kind byte, index int) {
	m.exports = append(m.exports, join(text(name), []byte{kind}, uleb(index)))
}

// fill puts the first n functions into the table.
func (m *module) fill(n int) {
	var all [][]byte
	for i := range n {
		all = append(all, uleb(i))
	}
	m.elements = append(m.elements, join([]byte{0, i32Const, 0, end}, vector(all)))
}
