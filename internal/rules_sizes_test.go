package internal_test

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
)

// sizes checks that functions, files and rooms stay small enough to be read in one go.
func sizes(h house) []string {
	var broken []string
	room := map[string]int{}
	for _, s := range h.sources {
		if s.generated {
			continue
		}
		broken = append(broken, fileSize(s)...)
		if s.test() {
			continue
		}
		if s.file != nil { // a page is long without being complicated; its file has a limit
			room[s.dir()] += s.lines()
		}
		broken = append(broken, functionSizes(h, s)...)
	}
	for _, dir := range slices.Sorted(maps.Keys(room)) {
		if room[dir] > maxRoom {
			broken = append(broken, fmt.Sprintf("%s has %d lines, the limit of a room is %d\n\tSplit it by topic (claims/estimate), never by layer.", dir, room[dir], maxRoom))
		}
	}
	return broken
}

func fileSize(s source) []string {
	limit, instead := maxFile, "Split it by topic; a good name for the new file says where to cut."
	switch {
	case s.test():
		limit = maxTestFile
	case part(s.dir()) == "cmd":
		limit, instead = maxMain, "main holds no logic: move it to internal/cli or internal/app."
	}
	if s.lines() <= limit {
		return nil
	}
	return []string{fmt.Sprintf("%s has %d lines, the limit is %d\n\t%s", s.path, s.lines(), limit, instead)}
}

func functionSizes(h house, s source) []string {
	if s.file == nil {
		return nil
	}
	var broken []string
	for _, decl := range s.file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		begin, end := h.fset.Position(f.Pos()), h.fset.Position(f.End())
		if n := end.Line - begin.Line + 1; n > maxFunction {
			broken = append(broken, fmt.Sprintf("%s: %s has %d lines, the limit is %d\n\tGive its steps names: each becomes a function.", begin, f.Name.Name, n, maxFunction))
		}
	}
	return broken
}

// interfaces checks that they stay rare: most things have one implementation and
// need none. Constraints of type parameters are not counted.
func interfaces(h house) []string {
	lines := 0
	var found []string
	for _, s := range h.sources {
		if !s.handGo() {
			continue
		}
		lines += s.lines()
		ast.Inspect(s.file, func(n ast.Node) bool {
			if i, ok := n.(*ast.InterfaceType); ok && hasMethods(i) {
				found = append(found, h.fset.Position(i.Pos()).String())
			}
			return true
		})
	}
	if allowed := max(1, lines/linesPerIface); len(found) > allowed {
		return []string{fmt.Sprintf("%d interfaces in %d lines, %d are allowed (1 in %d lines): %v\n\t"+
			"Use the type itself where there is one implementation, a function where there is one method.", len(found), lines, allowed, linesPerIface, found)}
	}
	return nil
}

func hasMethods(i *ast.InterfaceType) bool {
	return slices.ContainsFunc(i.Methods.List, func(f *ast.Field) bool {
		_, isMethod := f.Type.(*ast.FuncType)
		return isMethod
	})
}

// documentation checks that every package says what it is for.
func documentation(h house) []string {
	documented := map[string]bool{}
	for _, s := range h.sources {
		if s.handGo() {
			documented[s.dir()] = documented[s.dir()] || s.file.Doc != nil
		}
	}
	var broken []string
	for _, dir := range slices.Sorted(maps.Keys(documented)) {
		if !documented[dir] {
			broken = append(broken, fmt.Sprintf("%s has no package comment\n\tWrite above the package clause of its main file what it is for, and what a reader has to know first.", dir))
		}
	}
	return broken
}
