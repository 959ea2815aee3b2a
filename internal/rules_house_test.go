package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/skaiscraper/skai/"

// house is the module's source: its Go files, its pages (templ) and its migrations.
type house struct {
	fset       *token.FileSet
	sources    []source
	migrations []source
}

type source struct {
	path      string // from the module's root, with slashes
	text      string
	generated bool
	file      *ast.File // nil for a page or a migration
}

func (s source) dir() string  { return path.Dir(s.path) }
func (s source) test() bool   { return strings.HasSuffix(s.path, "_test.go") }
func (s source) lines() int   { return strings.Count(s.text, "\n") }
func (s source) handGo() bool { return s.file != nil && !s.test() && !s.generated }

// readHouse reads the module below a folder.
func readHouse(fsys fs.FS) (house, error) {
	h := house{fset: token.NewFileSet()}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			base := path.Base(name)
			if name != "." && (strings.HasPrefix(base, ".") || slices.Contains([]string{"testdata", "data", "bin", "tools", "node_modules"}, base)) {
				return fs.SkipDir
			}
			return nil
		}
		return h.add(fsys, name)
	})
	return h, err
}

func (h *house) add(fsys fs.FS, name string) error {
	kind := path.Ext(name)
	if kind != ".go" && kind != ".templ" && kind != ".sql" {
		return nil
	}
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	s := source{path: name, text: string(text)}
	switch kind {
	case ".sql":
		if path.Base(path.Dir(name)) == "migrations" {
			h.migrations = append(h.migrations, s)
		}
		return nil
	case ".go":
		if s.file, err = parser.ParseFile(h.fset, name, text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			return fmt.Errorf("the rules can't be checked: %w", err)
		}
		s.generated = ast.IsGenerated(s.file)
	}
	h.sources = append(h.sources, s)
	return nil
}

// imports lists what a Go file imports of this module, without its beginning,
// and what it imports of others.
func (s source) imports() (ours, others []string) {
	for _, spec := range s.file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has seen to that
		}
		if own, ok := strings.CutPrefix(name, module); ok {
			ours = append(ours, own)
		} else {
			others = append(others, name)
		}
	}
	return ours, others
}

// part names what a folder belongs to: a room ("claims" for internal/claims/estimate),
// "platform/money", "app", "cmd".
func part(dir string) string {
	names := strings.Split(dir, "/")
	if names[0] != "internal" || len(names) < 2 {
		return names[0]
	}
	if names[1] == "platform" && len(names) > 2 {
		return "platform/" + names[2]
	}
	return names[1]
}
