package wasmstrip

// skip passes over what follows an opcode (core specification, section 5.4); false: it is unknown, or the end is missing.
func (r *reader) skip(op int) bool {
	numbers, bytes := 0, 0
	switch {
	case op >= 0x02 && op <= 0x04, op == 0x0c, op == 0x0d, op == 0x10, op >= 0x20 && op <= 0x24, op == 0x3f, op == 0x40, op == i32Const:
		numbers = 1 // a block's type, a label, a function, a variable, a memory, a constant
	case op == 0x0e: // br_table: labels and a default
		numbers = r.number() + 1
	case op == 0x11, op >= 0x28 && op <= 0x3e: // call_indirect; loads and stores: alignment and offset
		numbers = 2
	case op == 0x43:
		bytes = 4
	case op == 0x44:
		bytes = 8
	case op == 0xfc:
		numbers = afterFC(r.number())
	case op == 0xfd:
		numbers, bytes = afterFD(r.number())
	case op <= 0x01, op == 0x05, op == end, op == 0x0f, op == 0x1a, op == 0x1b, op >= 0x45 && op <= 0xc4:
	default:
		return false
	}
	if numbers < 0 || numbers > len(r.rest) {
		return false
	}
	for range numbers {
		r.number()
	}
	_, err := r.take(bytes)
	return err == nil
}

// afterFC is how many numbers follow an instruction of the prefix 0xfc: conversions that saturate, copies and fills of memory.
func afterFC(op int) int {
	switch {
	case op <= 7:
		return 0
	case op == 10:
		return 2
	case op == 11:
		return 1
	}
	return -1
}

// afterFD is what follows a vector instruction.
func afterFD(op int) (numbers, bytes int) {
	switch {
	case op <= 11, op == 92, op == 93: // loads and stores
		return 2, 0
	case op == 12, op == 13: // a constant, a shuffle
		return 0, 16
	case op >= 21 && op <= 34: // lanes
		return 0, 1
	case op >= 84 && op <= 91: // lanes of memory
		return 2, 1
	}
	return 0, 0
}

// number passes over a LEB128 number of whatever length and sign; as an unsigned one below 2^32 it is given.
func (r *reader) number() int {
	value := 0
	for i, b := range r.rest {
		if i < 5 {
			value |= int(b&0x7f) << (7 * i)
		}
		if b < 0x80 {
			r.rest = r.rest[i+1:]
			return value
		}
	}
	r.rest = nil
	return -2
}
