package main

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The messages of ONNX (onnx.proto3, IR version 8) that a network needs, as bytes. Numbers are the fields' own.

// message is a protocol buffer being written.
type message []byte

func (m *message) text(field protowire.Number, s string) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendString(*m, s)
}

func (m *message) bytes(field protowire.Number, b []byte) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, b)
}

func (m *message) int(field protowire.Number, v int64) {
	*m = protowire.AppendTag(*m, field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(v))
}

func (m *message) float(field protowire.Number, v float32) {
	*m = protowire.AppendTag(*m, field, protowire.Fixed32Type)
	*m = protowire.AppendFixed32(*m, math.Float32bits(v))
}

// Element types of TensorProto.
const (
	protoFloat = 1
	protoInt64 = 7
)

func floatTensor(name string, shape []int, values []float32) message {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return tensorProto(name, protoFloat, shape, data)
}

func intTensor(name string, values []int) message {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(v))
	}
	return tensorProto(name, protoInt64, []int{len(values)}, data)
}

func tensorProto(name string, elem int64, shape []int, data []byte) (m message) {
	for _, n := range shape {
		m.int(1, int64(n))
	}
	m.int(2, elem)
	m.text(8, name)
	m.bytes(9, data)
	return m
}

// valueInfo is the name and shape of a graph's input or output.
func valueInfo(name string, shape []int) (m message) {
	var dims, tensor, kind message
	for _, n := range shape {
		var dim message
		dim.int(1, int64(n))
		dims.bytes(1, dim)
	}
	tensor.int(1, protoFloat)
	tensor.bytes(2, dims)
	kind.bytes(1, tensor)
	m.text(1, name)
	m.bytes(2, kind)
	return m
}

// Types of AttributeProto.
const (
	attributeFloat  = 1
	attributeInt    = 2
	attributeString = 3
	attributeInts   = 7
)

// attribute is named by key; v is an int, a float32, a string or ints.
func attribute(key string, v any) (m message) {
	m.text(1, key)
	switch v := v.(type) {
	case float32:
		m.float(2, v)
		m.int(20, attributeFloat)
	case int:
		m.int(3, int64(v))
		m.int(20, attributeInt)
	case string:
		m.text(4, v)
		m.int(20, attributeString)
	case []int:
		for _, n := range v {
			m.int(8, int64(n))
		}
		m.int(20, attributeInts)
	}
	return m
}
