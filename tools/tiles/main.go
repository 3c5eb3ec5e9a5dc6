// Command tiles writes site/lib/ztiles.js: the innermost loops of the CPU engine as WebAssembly modules. What Go's compiler makes of them
// for WebAssembly takes two to three times as long, and it knows no fused product and sum (relaxed SIMD).
package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

func main() {
	if err := os.WriteFile("site/lib/ztiles.js", []byte(file()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "tiles: "+err.Error())
		os.Exit(1)
	}
}

// functions are the kernels in the order of the table.
func functions(fused bool) []*function {
	list := []*function{tile(fused), widen(fused), activate(fused), finish(fused), centred(fused), softmax(fused), rows(fused), transpose(fused), products(fused), product(fused)}
	float := func(f *function, address int) expr { return f.load(address, 0) }
	for _, a := range axes {
		list = append(list, a.window(a.name, fused, 4, float))
		if a.out < a.in {
			list = append(list, a.finished(a.name+"Store", fused))
		}
		if a.in == 3 {
			list = append(list, a.window(a.name+"Half", fused, 2, (*function).halves))
		}
	}
	return list
}

// kernels is the module of the kernels. It works in the memory of Go's program, which is there only when that program is.
func kernels(fused bool) []byte {
	var m module
	m.bring("go", "mem", kindMemory, 0, 1)
	m.bring("door", "table", kindTable, funcref, 0, 1)
	all := functions(fused)
	for _, f := range all {
		m.add(f)
	}
	m.fill(len(all))
	return m.bytes()
}

// door is the module whose functions Go's program imports: each calls the one in its place of the table, which is filled later. This way
// no call goes through JavaScript.
func door() []byte {
	var m module
	all := functions(false)
	m.tables = [][]byte{join([]byte{funcref, 0}, uleb(len(all)))}
	for i, f := range all {
		d := newFunction(f.name, false, f.params...)
		for p := range f.params {
			d.get(p)
		}
		d.number(i)
		d.emit(callIndirect)
		d.emit(uleb(i)...)
		d.emit(0)
		m.add(d)
		m.export(f.name, kindFunction, i)
	}
	m.export("table", kindTable, 0)
	return m.bytes()
}

// file is the module that the page loads. Hexadecimal, since compressors see bytes in it, which base64 cuts: the page is 4 kB smaller.
func file() string {
	var b strings.Builder
	b.WriteString("// Made by tools/tiles, where the source of these modules stands.\n")
	for _, part := range []struct {
		name string
		data []byte
	}{{"door", door()}, {"fused", kernels(true)}, {"separate", kernels(false)}} {
		fmt.Fprintf(&b, "export const %s =\n  \"%s\";\n", part.name, hex.EncodeToString(part.data))
	}
	return b.String()
}
