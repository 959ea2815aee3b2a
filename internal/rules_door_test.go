package internal_test

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// otherDoors are the ways to answer a request past platform/web, whose Router
// knows audience, permission and rate of each route.
var otherDoors = map[string][]string{
	"net/http":                         {"ServeMux", "NewServeMux", "DefaultServeMux", "Handle", "HandleFunc", "Serve", "ServeTLS", "ListenAndServe", "ListenAndServeTLS", "FileServer", "FileServerFS"},
	"github.com/danielgtaylor/huma/v2": {"Register", "NewAPI", "Get", "Post", "Put", "Patch", "Delete", "Head", "AutoRegister"},
}

// oneDoor checks that nothing but platform/web gets hold of a mux, and that
// there every route passes Router.add, every API operation web.Op.
func oneDoor(h house) []string {
	var broken []string
	for _, s := range h.sources {
		if !s.handGo() {
			continue
		}
		for _, decl := range s.file.Decls {
			name := ""
			if f, ok := decl.(*ast.FuncDecl); ok {
				name = f.Name.Name
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				if use := s.otherDoor(n); use != "" && !allowedDoor(s.dir(), name, use) {
					broken = append(broken, fmt.Sprintf("%s: uses %s\n\tEvery address is registered on the web.Router (Page, Stream, Upload, Static, web.Op), "+
						"with its audience, permission and rate: past it, nobody is asked who they are and skai routes doesn't know of it.", h.fset.Position(n.Pos()), use))
				}
				return true
			})
		}
	}
	return broken
}

// otherDoor names what a node uses to register a route, "" for anything else.
func (s source) otherDoor(n ast.Node) string {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if pkg, ok := sel.X.(*ast.Ident); ok {
		if from := s.importedAs(pkg.Name); slices.Contains(otherDoors[from], sel.Sel.Name) {
			return pkg.Name + "." + sel.Sel.Name
		}
	}
	if s.dir() == "internal/platform/web" && (sel.Sel.Name == "HandleFunc" || sel.Sel.Name == "Handle") {
		return "mux." + sel.Sel.Name
	}
	return ""
}

// allowedDoor names the three places where the one door is built.
func allowedDoor(dir, function, use string) bool {
	if dir != "internal/platform/web" {
		return false
	}
	switch use {
	case "http.ServeMux":
		return function == "" // the Router's field
	case "http.NewServeMux":
		return function == "New"
	case "mux.HandleFunc":
		return function == "add"
	case "huma.NewAPI":
		return function == "newAPI"
	case "huma.Register":
		return function == "Op"
	}
	return false
}

// importedAs gives the path of the package that a file calls by a name.
func (s source) importedAs(name string) string {
	for _, spec := range s.file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		base := path[strings.LastIndex(path, "/")+1:]
		if base == "v2" {
			base = strings.TrimSuffix(path, "/v2")
			base = base[strings.LastIndex(base, "/")+1:]
		}
		if spec.Name != nil {
			base = spec.Name.Name
		}
		if base == name {
			return path
		}
	}
	return ""
}
