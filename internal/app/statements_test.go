package app_test

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

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/staging"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/properties"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// composed are the functions that put a statement together while the program
// runs, "package.Function", each with the test that runs what they make.
var composed = map[string]string{
	"postgres.Bootstrap": "TestBootstrapTwice; CREATE DATABASE takes its name no other way",
	"postgres.enclose":   "TestAReadBatchIsOneTransactionInItsScope; only the names of settings, which are constants, vary",
	"health.Rules":       "TestDriftAndTruthAreTheOperators",
	"main.fill":          "TestFill, of the load test",
	"went.Wrong":         "TestNobodyGetsInWhereTheyDontBelong; the word tells whose statement it is",
	"main.replay":        "make bench-side: what the program itself was recorded to run",
	"backup.put":         "TestABackupComesBackAsItWas; CREATE ROLE takes its name no other way",
	"backup.Private":     "TestAKilledRestoreIsDoneAgain; nor does RENAME TO",
	"backup.addUp":       "TestABackupComesBackAsItWas",
	"wal.rename":         "TestADatabaseFromElsewhereComesBackAsAPrivateOne; nor does RENAME TO",
	// An import's statements are made from each record's table; every one of
	// migration's tests runs them.
	"staging.Create":            "TestImportJobs",
	"staging.CopyInto":          "TestImportJobs",
	"staging.Publish":           "TestImportJobs",
	"staging.Actions":           "TestImportJobs",
	"staging.Archive":           "TestWhatIsArchivedAtItsSourceIsArchivedHere",
	"migration.amountLines":     "TestImportJobs",
	"migration.assign":          "TestImportJobs",
	"migration.keepImages":      "TestChangedRowsUpdateButNeverAnEditedRecord",
	"migration.matchKnown":      "TestChangedRowsUpdateButNeverAnEditedRecord",
	"migration.publishTable":    "TestImportJobs",
	"migration.reference":       "TestImportJobs",
	"migration.settle":          "TestImportJobs",
	"migration.steps":           "TestImportJobs; the constants it is given are planned here",
	"migration.writeCandidates": "TestImportContacts",
	"orgs.Erase":                "TestAnErasedOrganisationIsGone; the names of its tables come from the catalog",
	"contacts.find":             "TestTheFormFindsContactsByWords; the constants it chooses from are planned here",
	"archive.lines":             "TestAnExportGivesTheSameOrganisationAgain",
	"archive.insertLines":       "TestAnExportGivesTheSameOrganisationAgain",
	"list.Read":                 "TestEveryPageOnceInOrder in platform/list, and the list tests of each room, which run its Spec",
	"list.narrow":               "as list.Read",
	"list.Each":                 "as list.Read",
	"list.QueueDistinct":        "as list.Read",
	"prints.Take":               "TestNobodyGetsInWhereTheyDontBelong, whose tables come from the catalog",
	"proof.tryTable":            "as prints.Take",
	"proof.rowOf":               "as prints.Take",
	"proof.idOf":                "as prints.Take",
	"trace.planOf":              "TestSlowStatementsHavePlans",
	"activity.OfRecord":         "TestHistoryOfEachRecord",
	"files.OfRecord":            "TestFilesOfEachRecord",
	"files.open":                "TestFilesOfEachRecord",
}

// staged are the temporary tables that an import makes of the records'.
var staged = []staging.Table{contacts.Staging, properties.Staging, leads.Staging, claims.Staging, files.Staging}

// superusers are the packages that talk to a server as its superuser, which the
// program's roles are not.
var superusers = []string{"/internal/dbtest", "/internal/platform/localpg"}

// statement is SQL as it stands in the source.
type statement struct {
	where string // file:line
	named bool   // with @names, for pgx.NamedArgs
	sql   string
}

// TestEveryStatementFitsTheSchema plans each SQL constant of the program against
// the migrated schema, under the rights of the role that runs it: a misspelt
// column, a wrong type or a missing grant is found before anybody runs into it.
func TestEveryStatementFitsTheSchema(t *testing.T) {
	t.Parallel()
	s := readProgram(t)
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
		if err := p.plan(t.Context(), st, s.stages); err != nil {
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
		`UPDATE users SET name = $1`:                        false,
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
	for _, role := range []string{"skai_app", string(postgres.SignIn), string(postgres.Operator), string(postgres.Eraser)} {
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
	if _, err := tx.Exec(ctx, set); err != nil {
		return err
	}
	if err := makeStages(ctx, tx, sql, stages); err != nil {
		return err
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

// makeStages makes the temporary tables for a statement that works on them.
func makeStages(ctx context.Context, tx pgx.Tx, sql string, stages []string) error {
	if !strings.Contains(sql, "stage_") {
		return nil
	}
	for _, table := range staged {
		if err := table.Create(ctx, tx); err != nil {
			return err
		}
	}
	for _, make := range stages {
		if _, err := tx.Exec(ctx, make); err != nil {
			return fmt.Errorf("%s: %w", make, err)
		}
	}
	return nil
}

// program is the SQL of the program.
type program struct {
	statements []statement
	stages     []string          // what makes a table for a transaction
	composed   map[string]string // function -> file:line
}

// readProgram type-checks the program's packages against the compiler's export
// data and collects what is passed to parameters that take SQL.
func readProgram(t *testing.T) program {
	t.Helper()
	const list = `{{.ImportPath}}{{"\t"}}{{.Export}}{{"\t"}}{{.Dir}}{{"\t"}}{{if not .DepOnly}}{{join .GoFiles ","}}{{end}}`
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", list, "./...")
	cmd.Dir = "../.."
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
	s := program{composed: map[string]string{}}
	for _, path := range slices.Sorted(maps.Keys(ours)) {
		if slices.ContainsFunc(superusers, func(end string) bool { return strings.HasSuffix(path, end) }) {
			continue
		}
		s.read(t, fset, imports, path, ours[path])
	}
	return s
}

func (s *program) read(t *testing.T, fset *token.FileSet, imports types.Importer, path string, names []string) {
	t.Helper()
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	r := reader{program: s, fset: fset, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}}
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
	*program

	fset *token.FileSet
	info *types.Info
	pkg  *types.Package
}

func (r *reader) declaration(d ast.Decl) {
	name := "init"
	if fn, ok := d.(*ast.FuncDecl); ok {
		name = fn.Name.Name
	}
	parents := []ast.Node{}
	ast.Inspect(d, func(n ast.Node) bool {
		if n == nil {
			parents = parents[:len(parents)-1]
			return true
		}
		if call, ok := n.(*ast.CallExpr); ok {
			r.call(name, call)
		}
		if e, ok := n.(ast.Expr); ok && !r.part(parents) {
			r.text(e)
		}
		parents = append(parents, n)
		return true
	})
}

// part tells whether a text is only a part of a longer one.
func (r *reader) part(parents []ast.Node) bool {
	if len(parents) == 0 {
		return false
	}
	_, part := parents[len(parents)-1].(*ast.BinaryExpr)
	return part
}

// text notes a whole statement that stands anywhere in the source: in a constant,
// or in a list of steps.
func (r *reader) text(e ast.Expr) {
	text, ok := r.constant(e)
	switch {
	case !ok || strings.Contains(text, "%"): // a pattern for Sprintf
	case strings.HasPrefix(strings.TrimSpace(text), "CREATE TEMP"):
		if !slices.Contains(r.stages, text) {
			r.stages = append(r.stages, text)
		}
	case isStatement(text) && !strings.Contains(text, "@"):
		r.add(e, text, false)
	}
}

func (r *reader) add(e ast.Expr, text string, named bool) {
	where := r.fset.Position(e.Pos()).String()
	for _, st := range r.statements {
		if st.sql == text && st.named == named {
			return
		}
	}
	r.statements = append(r.statements, statement{where: where, named: named, sql: text})
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
			r.add(call.Args[i], text, r.hasNames(call))
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
	word, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if strings.HasPrefix(rest, "/") {
		return false // the address of a route
	}
	return rest != "" && slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}, strings.TrimSpace(word))
}

func (r *reader) hasNames(call *ast.CallExpr) bool {
	return slices.ContainsFunc(call.Args, func(e ast.Expr) bool {
		named, ok := r.info.Types[e].Type.(*types.Named)
		return ok && strings.HasSuffix(named.Obj().Name(), "NamedArgs")
	})
}
