// Package weights reads and writes packs: trained networks as one valid .safetensors file with float16 matrices in one
// canonical layout, per-chunk hashes and a probe. FORMAT.md describes the file. The package knows nothing of networks.
package weights

import "unnoise/weights/jsontree"

// DType is an element type, named as in the safetensors format.
type DType string

// The element types of packs and of the files they are made from.
const (
	F16  DType = "F16"
	BF16 DType = "BF16"
	F32  DType = "F32"
	F64  DType = "F64"
	I64  DType = "I64"
	U8   DType = "U8"
)

// Size is the number of bytes of one element, 0 for a type that is not known here.
func (d DType) Size() int {
	switch d {
	case U8, "I8", "BOOL":
		return 1
	case F16, BF16, "I16", "U16":
		return 2
	case F32, "I32", "U32":
		return 4
	case F64, I64, "U64":
		return 8
	}
	return 0
}

// Tensor is a named array. Data is little-endian, row-major, and is not to be changed.
type Tensor struct {
	Name  string
	DType DType
	Shape []int
	Data  []byte
}

// Len is the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// ShapeText is a shape for people: [64,32,3,3].
func ShapeText(shape []int) string { return jsontree.Text(jsontree.Ints(shape)) }
