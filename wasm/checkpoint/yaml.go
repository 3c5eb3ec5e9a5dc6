package checkpoint

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"unnoise/weights/jsontree"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads a YAML document as a tree. Anchors are refused: no configuration needs what a few of them can grow to. Tags
// of Python objects are passed over, their content is read.
func parseYAML(data []byte) (*jsontree.Object, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, errors.New("is neither JSON nor YAML: " + strings.Join(strings.Fields(err.Error()), " "))
	}
	if len(doc.Content) != 1 {
		return nil, errors.New("holds no YAML document")
	}
	v, err := yamlValue(doc.Content[0], 0)
	if err != nil {
		return nil, err
	}
	o, ok := v.(*jsontree.Object)
	if !ok {
		return nil, errors.New("expected keys with values")
	}
	return o, nil
}

func yamlValue(n *yaml.Node, depth int) (any, error) {
	if depth > 32 {
		return nil, errors.New("line " + strconv.Itoa(n.Line) + ": nested deeper than 32")
	}
	switch n.Kind {
	case yaml.MappingNode:
		return yamlObject(n, depth)
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			v, err := yamlValue(item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.ScalarNode:
		return yamlScalar(n), nil
	}
	return nil, errors.New("line " + strconv.Itoa(n.Line) + ": aliases are not read: write the value out")
}

func yamlObject(n *yaml.Node, depth int) (any, error) {
	o := jsontree.NewObject()
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if _, seen := o.Values[key.Value]; seen || key.Kind != yaml.ScalarNode {
			return nil, errors.New("line " + strconv.Itoa(key.Line) + ": key " + strconv.Quote(key.Value) + " is there twice or is no text")
		}
		v, err := yamlValue(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		o.Set(key.Value, v)
	}
	return o, nil
}

func yamlScalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true") || strings.EqualFold(n.Value, "yes") || strings.EqualFold(n.Value, "on")
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 0, 54); err == nil {
			return int(i)
		}
	case "!!float":
		if x, err := strconv.ParseFloat(n.Value, 64); err == nil && !math.IsInf(x, 0) && !math.IsNaN(x) {
			return x
		}
	}
	return n.Value
}
