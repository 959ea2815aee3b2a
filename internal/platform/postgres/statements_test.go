package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// composed are the functions that put a statement together while the program
// runs, "package.Function", each with the test that runs what they make.
var composed = map[string]string{
	"postgres.Bootstrap": "TestBootstrapTwice; CREATE DATABASE takes its name no other way",
}

// superusers are the packages that talk to a server as its superuser, which the
// program's roles are not.
var superusers = []string{"/internal/dbtest", "/internal/platform/localpg"}

// statement is SQL as it stands in the source.
type statement struct {
	where string // file:line
	pkg   string
	named bool // with @names, for pgx.NamedArgs
	sql   string
}

// TestEveryStatementFitsTheSchema plans each SQL constant of the program against
// the migrated schema, under the rights of the role that runs it: a misspelt
// column, a wrong type or a missing grant is found before anybody runs into it.
func TestEveryStatementFitsTheSchema(t *testing.T) {
	t.Parallel()
	s := readSource(t)
	for key, where := range s.composed {
		if _, ok := composed[key]; !ok {
			t.Errorf("%s: %s makes SQL at run time, which this test can't read: use a constant, or run it in a test of its room and name that test under 'composed'", where, key)
		}
	}
	for key := range composed {
		if _, ok := s.composed[key]; !ok {
			t.Errorf("%s makes no SQL at run time any more: remove it from 'composed'", key)
		}
	}
	if len(s.statements) < 20 {
		t.Fatalf("found only %d statements in the source", len(s.statements))
	}
	p := newPlanner(t)
	for _, st := range s.statements {
		if err := p.plan(t.Context(), st, s.stages[st.pkg]); err != nil {
			t.Errorf("%s: %v\n%s", st.where, err, st.sql)
		}
	}
}

func TestABadStatementIsFound(t *testing.T) {
	t.Parallel()
	p := newPlanner(t)
	stage := []string{`CREATE TEMP TABLE stage_rows (n int) ON COMMIT DROP`}
	for sql, fits := range map[string]bool{
		`SELECT name FROM contacts WHERE id = $1`:           true,
		`SELECT n FROM stage_rows WHERE n = $1`:             true,
		`SELECT email FROM users`:                           true, // signing in
		`INSERT INTO users (id, email) VALUES ($1, $2)`:     true, // the operator
		`SELECT nickname FROM contacts`:                     false,
		`SELECT name FROM contacts WHERE id = $1 + 1`:       false,
		`SELECT email FROM users u JOIN contacts c ON true`: false, // no one role may
		`DELETE FROM claims`:                                false,
		`SELECT n FROM stage_cells`:                         false,
	} {
		if err := p.plan(t.Context(), statement{sql: sql}, stage); (err == nil) != fits {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if err := p.plan(t.Context(), statement{sql: `SELECT name FROM contacts WHERE id = @id AND email = @email`, named: true}, nil); err != nil {
		t.Error(err)
	}
}

// planner plans statements in transactions that are undone.
type planner struct {
	conn  *pgx.Conn
	scope tenant.Scope
	n     int
}

func newPlanner(t *testing.T) *planner {
	t.Helper()
	db := dbtest.New(t)
	scope, _ := tenant.From(dbtest.Org(t, db, "titan").As(t, tenant.Owner))
	return &planner{conn: dbtest.App(t, db), scope: scope}
}

// plan tries the roles in turn; the error is the application's own.
func (p *planner) plan(ctx context.Context, st statement, stages []string) error {
	sql := st.sql
	if st.named {
		rewritten, _, err := pgx.NamedArgs{}.RewriteQuery(ctx, p.conn, sql, nil)
		if err != nil {
			return err
		}
		sql = rewritten
	}
	var first error
	for _, role := range []string{"skai_app", string(postgres.SignIn), string(postgres.Operator)} {
		err := p.planAs(ctx, role, sql, stages)
		if err == nil {
			return nil
		}
		first = errors.Join(first, fmt.Errorf("as %s: %w", role, err))
	}
	return first
}

func (p *planner) planAs(ctx context.Context, role, sql string, stages []string) error {
	tx, err := p.conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }() // always; nothing is kept
	set := "SET LOCAL ROLE " + role + "; SET LOCAL plan_cache_mode = force_generic_plan; SELECT set_config('app.org_id', '" + p.scope.OrgID.String() + "', true)"
	for _, before := range append([]string{set}, stages...) {
		if _, err := tx.Exec(ctx, before); err != nil {
			return fmt.Errorf("%s: %w", before, err)
		}
	}
	p.n++
	name := fmt.Sprintf("statement_%d", p.n)
	prepared, err := p.conn.PgConn().Prepare(ctx, name, sql, nil)
	if err != nil {
		return err
	}
	nulls := strings.TrimSuffix(strings.Repeat("NULL,", len(prepared.ParamOIDs)), ",")
	if nulls != "" {
		nulls = "(" + nulls + ")"
	}
	// Unlike PREPARE, EXPLAIN asks for the rights.
	_, err = tx.Exec(ctx, "EXPLAIN EXECUTE "+name+nulls)
	return err
}

// source is the SQL of the program.
type source struct {
	statements []statement
	stages     map[string][]string // by package: the tables it makes for a transaction
	composed   map[string]string   // function -> file:line
}

// readSource type-checks the program's packages against the compiler's export
// data and collects what is passed to parameters that take SQL.
func readSource(t *testing.T) source {
	t.Helper()
	const list = `{{.ImportPath}}{{"\t"}}{{.Export}}{{"\t"}}{{.Dir}}{{"\t"}}{{if not .DepOnly}}{{join .GoFiles ","}}{{end}}`
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", list, "./...")
	cmd.Dir = "../../.."
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, &complaint)
	}
	exports, ours := map[string]string{}, map[string][]string{}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		exports[f[0]] = f[1]
		for name := range strings.SplitSeq(f[3], ",") {
			if name != "" {
				ours[f[0]] = append(ours[f[0]], filepath.Join(f[2], name))
			}
		}
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	s := source{stages: map[string][]string{}, composed: map[string]string{}}
	for _, path := range slices.Sorted(maps.Keys(ours)) {
		if slices.ContainsFunc(superusers, func(end string) bool { return strings.HasSuffix(path, end) }) {
			continue
		}
		s.read(t, fset, imports, path, ours[path])
	}
	return s
}

func (s *source) read(t *testing.T, fset *token.FileSet, imports types.Importer, path string, names []string) {
	t.Helper()
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	r := reader{source: s, fset: fset, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}}
	config := types.Config{Importer: imports}
	pkg, err := config.Check(path, fset, files, r.info)
	if err != nil {
		t.Fatal(err)
	}
	r.pkg = pkg
	for _, file := range files {
		for _, d := range file.Decls {
			r.declaration(d)
		}
	}
}

// reader reads one package.
type reader struct {
	*source

	fset *token.FileSet
	info *types.Info
	pkg  *types.Package
}

func (r *reader) declaration(d ast.Decl) {
	name := "init"
	if fn, ok := d.(*ast.FuncDecl); ok {
		name = fn.Name.Name
	}
	ast.Inspect(d, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			r.stage(e)
		}
		if call, ok := n.(*ast.CallExpr); ok {
			r.call(name, call)
		}
		return true
	})
}

// stage notes a constant that makes a table for one transaction.
func (r *reader) stage(e ast.Expr) {
	if text, ok := r.constant(e); ok && strings.HasPrefix(strings.ToUpper(strings.TrimSpace(text)), "CREATE TEMP") &&
		!slices.Contains(r.stages[r.pkg.Path()], text) {
		r.stages[r.pkg.Path()] = append(r.stages[r.pkg.Path()], text)
	}
}

func (r *reader) constant(e ast.Expr) (string, bool) {
	v := r.info.Types[e].Value
	if v == nil || v.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(v), true
}

// call looks at the arguments of a call that go to a parameter for SQL.
func (r *reader) call(function string, call *ast.CallExpr) {
	signature, ok := r.info.Types[call.Fun].Type.(*types.Signature)
	if !ok {
		return
	}
	for i := range min(signature.Params().Len(), len(call.Args)) {
		if !takesSQL(signature.Params().At(i)) {
			continue
		}
		where := r.fset.Position(call.Args[i].Pos()).String()
		text, ok := r.constant(call.Args[i])
		switch {
		case !ok && !r.passedOn(call.Args[i]):
			r.composed[r.pkg.Name()+"."+function] = where
		case ok && isStatement(text):
			r.statements = append(r.statements, statement{where: where, pkg: r.pkg.Path(), named: r.hasNames(call), sql: text})
		}
	}
}

// takesSQL tells whether a parameter is for SQL: ours and pgx's are called sql,
// that of pgx.Batch.Queue is called query.
func takesSQL(p *types.Var) bool {
	if basic, ok := p.Type().(*types.Basic); !ok || basic.Kind() != types.String {
		return false
	}
	return p.Name() == "sql" || p.Name() == "query" && p.Pkg() != nil && strings.HasPrefix(p.Pkg().Path(), "github.com/jackc/pgx/")
}

// passedOn tells whether an argument is the caller's own parameter for SQL: what
// is passed to that is looked at where it is called.
func (r *reader) passedOn(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok {
		return false
	}
	v, ok := r.info.Uses[id].(*types.Var)
	return ok && v.Kind() == types.ParamVar && takesSQL(v)
}

func isStatement(text string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}, strings.ToUpper(strings.TrimSpace(word)))
}

func (r *reader) hasNames(call *ast.CallExpr) bool {
	return slices.ContainsFunc(call.Args, func(e ast.Expr) bool {
		named, ok := r.info.Types[e].Type.(*types.Named)
		return ok && strings.HasSuffix(named.Obj().Name(), "NamedArgs")
	})
}
