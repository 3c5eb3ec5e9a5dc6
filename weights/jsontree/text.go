package jsontree

import (
	"encoding/json/jsontext"
	"strconv"
)

// Text is the value as compact JSON.
func Text(v any) string { return string(Append(nil, v)) }

// Append adds the value as compact JSON. Values of other types than Set names are written as null.
func Append(b []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		b, _ = jsontext.AppendQuote(b, v) // an error means invalid UTF-8, which it has replaced
		return b
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	case Number:
		return append(b, v...)
	case []any:
		b = append(b, '[')
		for i, x := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = Append(b, x)
		}
		return append(b, ']')
	case *Object:
		return appendObject(b, v)
	}
	return append(b, "null"...)
}

func appendObject(b []byte, o *Object) []byte {
	b = append(b, '{')
	for i, key := range o.Keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = Append(b, key)
		b = append(b, ':')
		b = Append(b, o.Values[key])
	}
	return append(b, '}')
}

// Ints is a list of whole numbers as Set takes it.
func Ints(list []int) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
