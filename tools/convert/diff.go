package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"

	"unnoise/wasm/model"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

// diffCmd lists how two packs differ.
type diffCmd struct {
	A    string `arg:"" help:"A pack."`
	B    string `arg:"" help:"Another."`
	JSON bool   `name:"json" help:"Print the list as JSON."`
}

// difference is a line of the list.
type difference struct {
	where, a, b string
	// Of a tensor of the same shape: how many values differ, the largest difference, and its size relative to the values.
	values            int
	largest, relative float64
}

// Run implements the command: status 1 where they differ, as diff has it, after the list.
func (c *diffCmd) Run() error {
	a, _, err := openModel(c.A)
	if err != nil {
		return err
	}
	b, _, err := openModel(c.B)
	if err != nil {
		return err
	}
	list := describe(a, b)
	tensors, err := tensorDifferences(a, b)
	if err != nil {
		return err
	}
	list = append(list, tensors...)
	if c.JSON {
		printJSON(os.Stdout, jsontree.NewObject().Set("a", c.A).Set("b", c.B).Set("differences", objects(list)))
	} else {
		for _, d := range list {
			fmt.Println(d.line())
		}
		if len(list) == 0 {
			fmt.Println("the packs are equal")
		}
	}
	if len(list) > 0 {
		return errors.New(c.A + " and " + c.B + " differ in " + strconv.Itoa(len(list)) + " places")
	}
	return nil
}

func (d difference) line() string {
	if d.values > 0 {
		return fmt.Sprintf("%s: %d values differ, by at most %.3g, relative %.2g", d.where, d.values, d.largest, d.relative)
	}
	return d.where + ": " + d.a + " | " + d.b
}

func objects(list []difference) []any {
	out := []any{}
	for _, d := range list {
		o := jsontree.NewObject().Set("where", d.where)
		if d.values > 0 {
			o.Set("values", d.values).Set("max", d.largest).Set("relative", d.relative)
		} else {
			o.Set("a", d.a).Set("b", d.b)
		}
		out = append(out, o)
	}
	return out
}

// describe compares everything but the tensors.
func describe(a, b *model.Model) (list []difference) {
	for _, key := range []string{"network", "process", "provenance", "probe", "certificate"} {
		x, y := a.Metadata[key], b.Metadata[key]
		if x == y {
			continue
		}
		ox, _ := jsontree.ParseObject([]byte(x))
		oy, _ := jsontree.ParseObject([]byte(y))
		compareTrees(key, ox, oy, &list)
	}
	return list
}

// compareTrees lists the leaves that differ.
func compareTrees(where string, a, b any, list *[]difference) {
	x, okx := children(a)
	y, oky := children(b)
	if !okx || !oky {
		if s, t := text(a), text(b); s != t {
			*list = append(*list, difference{where: where, a: s, b: t})
		}
		return
	}
	for _, k := range x.Keys {
		compareTrees(where+"."+k, x.Values[k], y.Values[k], list)
	}
	for _, k := range y.Keys {
		if _, both := x.Values[k]; !both {
			compareTrees(where+"."+k, nil, y.Values[k], list)
		}
	}
}

// children gives an object's members, or a list's with what names them as keys.
func children(v any) (*jsontree.Object, bool) {
	switch v := v.(type) {
	case *jsontree.Object:
		return v, v != nil
	case []any:
		o := jsontree.NewObject()
		for i, x := range v {
			key := strconv.Itoa(i)
			if item, ok := x.(*jsontree.Object); ok {
				if name, ok := item.Values["name"].(string); ok {
					key = name
				}
			}
			o.Set(key, x)
		}
		return o, true
	}
	return nil, false
}

// text is a leaf for people.
func text(v any) string {
	if o, ok := v.(*jsontree.Object); v == nil || ok && o == nil {
		return "(none)"
	}
	return jsontree.Text(v)
}

// firstDifference is the first leaf that differs.
func firstDifference(where string, a, b *jsontree.Object) (string, string, string) {
	var list []difference
	compareTrees(where, a, b, &list)
	if len(list) == 0 {
		return where, "written otherwise", "the same"
	}
	return list[0].where, list[0].a, list[0].b
}

func tensorDifferences(a, b *model.Model) (list []difference, err error) {
	for _, e := range a.Entries {
		if !b.Has(e.Name) {
			list = append(list, difference{where: "tensor " + e.Name, a: string(e.DType) + " " + weights.ShapeText(e.Shape), b: "(none)"})
			continue
		}
		d, err := compareTensor(a, b, e)
		if err != nil {
			return nil, err
		}
		list = append(list, d...)
	}
	for _, e := range b.Entries {
		if !a.Has(e.Name) {
			list = append(list, difference{where: "tensor " + e.Name, a: "(none)", b: string(e.DType) + " " + weights.ShapeText(e.Shape)})
		}
	}
	return list, nil
}

func compareTensor(a, b *model.Model, e weights.Entry) ([]difference, error) {
	x, err := a.Tensor(e.Name)
	if err != nil {
		return nil, err
	}
	y, err := b.Tensor(e.Name)
	if err != nil {
		return nil, err
	}
	where := "tensor " + e.Name
	kind := func(t weights.Tensor) string { return string(t.DType) + " " + weights.ShapeText(t.Shape) }
	var list []difference
	if kind(x) != kind(y) {
		list = append(list, difference{where: where, a: kind(x), b: kind(y)})
	}
	if weights.ShapeText(x.Shape) != weights.ShapeText(y.Shape) || x.DType == y.DType && bytes.Equal(x.Data, y.Data) {
		return list, nil
	}
	v, err := scaled(a, x)
	if err != nil {
		return nil, err
	}
	w, err := scaled(b, y)
	if err != nil {
		return nil, err
	}
	d := difference{where: where}
	errors, squares := 0.0, 0.0
	for i := range v {
		if v[i] == w[i] {
			continue
		}
		diff := math.Abs(v[i] - w[i])
		d.values++
		d.largest = max(d.largest, diff)
		errors += diff * diff
	}
	for _, s := range v {
		squares += s * s
	}
	if d.values == 0 {
		return list, nil
	}
	d.relative = math.Sqrt(errors / max(squares, math.SmallestNonzeroFloat64))
	return append(list, d), nil
}

// scaled are a tensor's values with the scale of its output channels undone.
func scaled(m *model.Model, t weights.Tensor) ([]float64, error) {
	v, err := t.Float64s()
	if err != nil || len(t.Shape) == 0 {
		return v, err
	}
	stem := t.Name[:max(len(t.Name)-len(".weight"), 0)]
	if stem+".weight" != t.Name || !m.Has(stem+".scale") {
		return v, nil
	}
	s, err := m.Tensor(stem + ".scale")
	if err != nil {
		return nil, err
	}
	scale, err := s.Float64s()
	if err != nil {
		return nil, err
	}
	for i := range v {
		v[i] *= scale[i%len(scale)]
	}
	return v, nil
}
