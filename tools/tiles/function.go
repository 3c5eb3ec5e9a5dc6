package main

import (
	"encoding/binary"
	"math"
)

// function is the code of one: a stack machine's, written through methods that are named for what they emit.
type function struct {
	name   string
	params []byte
	locals [][]byte
	count  int // of parameters and locals
	body   []byte
	fused  bool // products and sums may be fused (relaxed SIMD)
	consts map[float32]int
}

func newFunction(name string, fused bool, params ...byte) *function {
	return &function{name: name, params: params, count: len(params), fused: fused, consts: map[float32]int{}}
}

// Opcodes.
const (
	end, loopOp, ifOp, brIf = 0x0b, 0x03, 0x04, 0x0d

	callIndirect                                = 0x11
	localGet, localSet, localTee                = 0x20, 0x21, 0x22
	i32Load, f32Load, f32Store                  = 0x28, 0x2a, 0x38
	i32Const                                    = 0x41
	i32Add, i32Sub, i32Mul, i32And, i32Shl      = 0x6a, 0x6b, 0x6c, 0x71, 0x74
	i32ShrU                                     = 0x76
	i32GtS, selectOp                            = 0x4a, 0x1b
	block                                  byte = 0x40 // a block without a result

	simd = 0xfd
)

// Vector opcodes, behind simd.
const (
	vLoad, vLoad16x4, vLoad32Splat, vStore, vConst, vShuffle = 0, 3, 9, 11, 12, 13
	vSplatF32                                                = 0x13
	vAnd                                                     = 0x4e
	vExtendLow, vExtendHigh                                  = 0xa7, 0xa8
	vShlI32, vAddI32                                         = 0xab, 0xae
	vAdd, vSub, vMul, vDiv                                   = 0xe4, 0xe5, 0xe6, 0xe7
	vLess, vLarger                                           = 0xea, 0xeb
	vRelaxedMadd                                             = 0x105
)

// local adds n locals of a type and gives the first one's index.
func (f *function) local(n int, kind byte) int {
	f.locals = append(f.locals, append(uleb(n), kind))
	f.count += n
	return f.count - n
}

func (f *function) emit(code ...byte) { f.body = append(f.body, code...) }

func (f *function) get(local int) { f.emit(localGet); f.emit(uleb(local)...) }
func (f *function) set(local int) { f.emit(localSet); f.emit(uleb(local)...) }
func (f *function) tee(local int) { f.emit(localTee); f.emit(uleb(local)...) }
func (f *function) number(n int)  { f.emit(i32Const); f.emit(sleb(n)...) }

func (f *function) simd(op int, rest ...byte) {
	f.emit(simd)
	f.emit(uleb(op)...)
	f.emit(rest...)
}

// access is a load or a store offset bytes behind the address on the stack; floats are aligned to 4 bytes, halves to 2.
func (f *function) access(op, offset int) { f.simd(op, append([]byte{1}, uleb(offset)...)...) }

// move is local += by, a constant.
func (f *function) move(local, by int) {
	f.get(local)
	f.number(by)
	f.emit(i32Add)
	f.set(local)
}

func (f *function) copy(to, from int) { f.get(from); f.set(to) }

// sum is the local to = a + b<<shift.
func (f *function) sum(to, a, b int, shift int) {
	f.get(a)
	f.get(b)
	f.number(shift)
	f.emit(i32Shl, i32Add)
	f.set(to)
}

// loop repeats body, which leaves a condition on the stack, while that is not 0.
func (f *function) loop(body func()) {
	f.emit(loopOp, block)
	body()
	f.emit(brIf, 0, end)
}

// times repeats body until count, which falls by step each time, is 0. It runs at least once.
func (f *function) times(count, step int, body func()) {
	f.loop(func() {
		body()
		f.get(count)
		f.number(step)
		f.emit(i32Sub)
		f.tee(count)
	})
}

// when runs body where the condition on the stack is not 0.
func (f *function) when(body func()) {
	f.emit(ifOp, block)
	body()
	f.emit(end)
}

// expr pushes a vector.
type expr func()

func (f *function) v(local int) expr { return func() { f.get(local) } }

func (f *function) load(address, offset int) expr {
	return func() { f.get(address); f.access(vLoad, offset) }
}

// splat is all lanes the float32 at an address.
func (f *function) splat(address, offset int) expr {
	return func() { f.get(address); f.access(vLoad32Splat, offset) }
}

func (f *function) two(op int, a, b expr) expr { return func() { a(); b(); f.simd(op) } }
func (f *function) add(a, b expr) expr         { return f.two(vAdd, a, b) }
func (f *function) sub(a, b expr) expr         { return f.two(vSub, a, b) }
func (f *function) mul(a, b expr) expr         { return f.two(vMul, a, b) }

// madd is a*b + c, rounded once or twice.
func (f *function) madd(a, b, c expr) expr {
	if f.fused {
		return func() { a(); b(); c(); f.simd(vRelaxedMadd) }
	}
	return f.add(f.mul(a, b), c)
}

// lanes is a constant in all lanes. It lives in a local: engines load a constant anew wherever it stands.
func (f *function) lanes(x float32) expr {
	return f.v(f.consts[x])
}

// constants makes the constants that lanes gives.
func (f *function) constants(list ...float32) {
	for _, x := range list {
		if _, made := f.consts[x]; made {
			continue
		}
		f.consts[x] = f.local(1, v128)
		f.bits(math.Float32bits(x))
		f.set(f.consts[x])
	}
}

// bits pushes 32 bits in all lanes.
func (f *function) bits(b uint32) {
	var lanes []byte
	for range 4 {
		lanes = binary.LittleEndian.AppendUint32(lanes, b)
	}
	f.simd(vConst, lanes...)
}

func (f *function) let(local int, e expr) int { e(); f.set(local); return local }

// vec is a new local with e's value.
func (f *function) vec(e expr) expr { return f.v(f.let(f.local(1, v128), e)) }

func (f *function) store(address, offset int, e expr) {
	f.get(address)
	e()
	f.access(vStore, offset)
}
