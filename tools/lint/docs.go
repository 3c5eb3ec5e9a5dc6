package main

import (
	"go/ast"
	"go/token"
)

// checkDocs demands a package comment of every package and a doc comment of every exported name outside tests: a
// reader must learn shapes, units and errors without reading the body.
func checkDocs(t *tree) ([]finding, error) {
	var found []finding
	for _, pkg := range t.packages {
		documented, first := false, (*goFile)(nil)
		for _, file := range pkg.files {
			if file.test {
				continue
			}
			if first == nil {
				first = file
			}
			documented = documented || file.ast.Doc != nil
			for _, decl := range file.ast.Decls {
				found = append(found, checkDecl(t, file, decl)...)
			}
		}
		if first != nil && !documented {
			found = append(found, finding{first.path, t.line(first.ast.Package), "package " + first.ast.Name.Name + " has no package comment",
				"a reader starts there", "say above the package clause of one file what the package is for"})
		}
	}
	return found, nil
}

// wellKnown are methods whose meaning the standard library has fixed.
var wellKnown = map[string]bool{"Error": true, "String": true, "Unwrap": true}

func checkDecl(t *tree, file *goFile, decl ast.Decl) []finding {
	var found []finding
	report := func(id *ast.Ident) {
		if id.IsExported() {
			found = append(found, finding{file.path, t.line(id.Pos()), id.Name + " has no doc comment", "it is exported, so others rely on what it promises",
				"say what it is: shapes, units, errors, source"})
		}
	}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && receiverExported(d) && !wellKnown[d.Name.Name] {
			report(d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			for _, id := range undocumented(d, spec) {
				report(id)
			}
		}
	}
	return found
}

// receiverExported is true of functions and of methods that a user of the package can reach by a type's name.
func receiverExported(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	exported := false
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			exported = id.IsExported()
			return false
		}
		return true
	})
	return exported
}

// undocumented lists the names of a type, constant or variable without a comment: its own, one behind it on the
// line, or, for constants and variables, one above the group.
func undocumented(d *ast.GenDecl, spec ast.Spec) []*ast.Ident {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Doc == nil && s.Comment == nil && (d.Lparen.IsValid() || d.Doc == nil) {
			return []*ast.Ident{s.Name}
		}
	case *ast.ValueSpec:
		if s.Doc == nil && s.Comment == nil && d.Doc == nil && d.Tok != token.IMPORT {
			return s.Names
		}
	}
	return nil
}
