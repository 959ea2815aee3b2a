package internal_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// writes finds the tables a statement writes to. UPDATE needs its SET, which
// SELECT ... FOR UPDATE and a sentence in English do not have. A table whose name
// is put in by Sprintf is not seen.
var writes = regexp.MustCompile(`(?i)\b(?:insert\s+into|delete\s+from|merge\s+into|truncate(?:\s+table)?|copy)\s+(?:only\s+)?(?:public\.)?"?([a-z_]+)` +
	`|\bupdate\s+(?:only\s+)?(?:public\.)?"?([a-z_]+)"?(?:\s+(?:as\s+)?[a-z_]+)?\s+set\b`)

// oneWriter checks that the statements that write to a table stand in the room
// the table belongs to, where its rules are checked.
func oneWriter(h house) []string {
	var broken []string
	for _, s := range h.sources {
		from := part(s.dir())
		if !s.handGo() || from == "dbtest" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			for table, pos := range tablesWritten(n) {
				owner, isTable := writers[table]
				if isTable && owner != from {
					broken = append(broken, fmt.Sprintf("%s: writes to the table %s, which belongs to internal/%s\n\t"+
						"Reading it is fine; for writing call a method of %s (add one if there is none), so that its checks can't be passed by. "+
						"If %s may not import %s: enqueue a job, or let internal/app fill a one-method interface.",
						h.fset.Position(pos), table, owner, owner, from, owner))
				}
			}
			return true
		})
	}
	return broken
}

// tablesWritten looks at one node: a string with SQL in it, or the name of the
// table that CopyFrom fills.
func tablesWritten(n ast.Node) map[string]token.Pos {
	found := map[string]token.Pos{}
	switch n := n.(type) {
	case *ast.BasicLit:
		if n.Kind != token.STRING {
			return nil
		}
		text, err := strconv.Unquote(n.Value)
		if err != nil {
			return nil
		}
		for _, m := range writes.FindAllStringSubmatch(text, -1) {
			found[strings.ToLower(m[1]+m[2])] = n.Pos()
		}
	case *ast.CompositeLit:
		if sel, ok := n.Type.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Identifier" {
			return nil
		}
		for _, element := range n.Elts {
			if lit, ok := element.(*ast.BasicLit); ok {
				found[strings.Trim(lit.Value, "`\"")] = n.Pos()
			}
		}
	}
	return found
}

var (
	createTable = regexp.MustCompile(`(?im)^\s*create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?(?:public\.)?([a-z_]+)`)
	dropTable   = regexp.MustCompile(`(?im)^\s*drop\s+table\s+(?:if\s+exists\s+)?(?:public\.)?([a-z_]+)`)
)

// everyTableHasAWriter compares the map of writers with the migrations.
func everyTableHasAWriter(h house) []string {
	made := map[string]string{}
	for _, m := range h.migrations { // in the order of their numbers
		up, _, _ := strings.Cut(m.text, "-- +goose Down")
		for _, match := range createTable.FindAllStringSubmatch(up, -1) {
			made[strings.ToLower(match[1])] = m.path
		}
		for _, match := range dropTable.FindAllStringSubmatch(up, -1) {
			delete(made, strings.ToLower(match[1]))
		}
	}
	var broken []string
	for _, table := range slices.Sorted(maps.Keys(made)) {
		if _, ok := writers[table]; !ok {
			broken = append(broken, fmt.Sprintf("%s makes the table %s, and nobody may write to it\n\tName its room in writers, internal/rules_test.go.", made[table], table))
		}
	}
	for _, table := range slices.Sorted(maps.Keys(writers)) {
		if _, ok := made[table]; !ok {
			broken = append(broken, fmt.Sprintf("writers in internal/rules_test.go names the table %s, which no migration makes\n\tRemove the line.", table))
		}
	}
	return broken
}
