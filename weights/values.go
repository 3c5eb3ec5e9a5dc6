package weights

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/x448/float16"
)

// Float32s widens or rounds the tensor's elements to float32. Integer types and F64 are converted; what cannot be is an
// error that names the tensor.
func (t Tensor) Float32s() ([]float32, error) {
	out := make([]float32, t.Len())
	get := t.getter()
	if get == nil {
		return nil, &Error{File: "tensor", Where: strconv.Quote(t.Name), Problem: "element type " + string(t.DType) + " cannot be read as numbers"}
	}
	for i := range out {
		out[i] = float32(get(i))
	}
	return out, nil
}

// Float64s is Float32s without rounding.
func (t Tensor) Float64s() ([]float64, error) {
	out := make([]float64, t.Len())
	get := t.getter()
	if get == nil {
		return nil, &Error{File: "tensor", Where: strconv.Quote(t.Name), Problem: "element type " + string(t.DType) + " cannot be read as numbers"}
	}
	for i := range out {
		out[i] = get(i)
	}
	return out, nil
}

func (t Tensor) getter() func(i int) float64 {
	le, d := binary.LittleEndian, t.Data
	switch t.DType {
	case F32:
		return func(i int) float64 { return float64(math.Float32frombits(le.Uint32(d[4*i:]))) }
	case F16:
		return func(i int) float64 { return float64(float16.Frombits(le.Uint16(d[2*i:])).Float32()) }
	case BF16:
		return func(i int) float64 { return float64(math.Float32frombits(uint32(le.Uint16(d[2*i:])) << 16)) }
	case F64:
		return func(i int) float64 { return math.Float64frombits(le.Uint64(d[8*i:])) }
	case I64:
		return func(i int) float64 { return float64(int64(le.Uint64(d[8*i:]))) }
	case "I32":
		return func(i int) float64 { return float64(int32(le.Uint32(d[4*i:]))) }
	case U8:
		return func(i int) float64 { return float64(d[i]) }
	}
	return nil
}

// Halves gives the bits of an F16 tensor.
func (t Tensor) Halves() []uint16 {
	out := make([]uint16, t.Len())
	for i := range out {
		out[i] = binary.LittleEndian.Uint16(t.Data[2*i:])
	}
	return out
}

// FromFloat32s makes an F32 tensor.
func FromFloat32s(name string, shape []int, values []float32) Tensor {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return Tensor{name, F32, shape, data}
}

// FromHalves makes an F16 tensor of float16 bits.
func FromHalves(name string, shape []int, bits []uint16) Tensor {
	data := make([]byte, 0, 2*len(bits))
	for _, v := range bits {
		data = binary.LittleEndian.AppendUint16(data, v)
	}
	return Tensor{name, F16, shape, data}
}

// FromInt64s makes an I64 tensor.
func FromInt64s(name string, shape []int, values []int64) Tensor {
	data := make([]byte, 0, 8*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(v))
	}
	return Tensor{name, I64, shape, data}
}
