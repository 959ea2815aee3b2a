// Package dbtest gives tests a migrated PostgreSQL database as the program sees
// it: over the application's role.
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
//	func TestOpen(t *testing.T) {
//		t.Parallel()
//		db := dbtest.Shared(t)
//		titan := dbtest.Org(t, db, "titan")
//		claim, err := claims.New(db).Open(titan.As(t, tenant.Manager), ...)
//
// Organisations keep tests apart as they keep contractors apart, so the tests of
// a package work in one database, [Shared], each in organisations of its own. A
// test about what belongs to no organisation takes a database for itself, [New].
//
// The databases are copies of a template that is migrated once. They live in a
// private PostgreSQL under the system's temporary folder that all test programs
// of a user share, one after another and at once; the last one stops it. Its
// folder stays, as Go's build cache does, and may be removed at any time no test
// runs.
//
// The server's time zone is Canada/Newfoundland, half an hour off every other,
// so that code which leans on the database's zone is found out.
package dbtest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Main runs the tests of a package that use New, and gives the shared server up
// after them. It does not return.
func Main(m *testing.M) {
	shared.allowed = true
	code := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "dbtest:", err)
		code = 1
	}
	os.Exit(code)
}

// Shared gives the one database of the package's tests. It is not empty: ask only
// for what is in the test's own organisations.
func Shared(tb testing.TB) *postgres.DB {
	tb.Helper()
	open(tb)
	db, err := shared.common()
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

// New gives the test an empty database of its own, removed when the test ends.
// It costs about a tenth of a second.
func New(tb testing.TB) *postgres.DB {
	tb.Helper()
	name := create(tb, "")
	db, err := postgres.Open(tb.Context(), shared.url(appRole, name), poolsAtOnce)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(db.Close)
	return db
}

// Bare gives the addresses of a database without any table, for tests of the
// migrations: as its owner and as the application.
func Bare(tb testing.TB) (ownerURL, appURL string) {
	tb.Helper()
	name := create(tb, "template0")
	return shared.url(ownerRole, name), shared.url(appRole, name)
}

func open(tb testing.TB) {
	tb.Helper()
	if err := shared.open(); err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
}

// create copies a database, the migrated template where none is named, and
// removes the copy when the test ends.
func create(tb testing.TB, from string) string {
	tb.Helper()
	open(tb)
	name, err := shared.create(tb.Context(), from)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	tb.Cleanup(func() {
		if err := shared.drop(context.WithoutCancel(tb.Context()), name); err != nil {
			tb.Errorf("dbtest: remove the test's database: %v", err)
		}
	})
	return name
}

// URL is the address of the test's database as a role: skai_app, skai_owner, or
// the superuser localpg.Superuser.
func URL(db *postgres.DB, role string) string {
	return shared.url(role, db.Config().ConnConfig.Database)
}

// Super connects to the test's database as the superuser, whom row security
// does not bind: for assertions about everything there is, and for what no
// program may do.
func Super(tb testing.TB, db *postgres.DB) *pgx.Conn {
	tb.Helper()
	return connect(tb, URL(db, localpg.Superuser))
}

// App connects as the application's role without any scope.
func App(tb testing.TB, db *postgres.DB) *pgx.Conn {
	tb.Helper()
	return connect(tb, URL(db, appRole))
}

func connect(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close(context.WithoutCancel(tb.Context())) })
	return conn
}

// AtMost runs fn and fails the test where it takes more than most round trips to
// the database. BEGIN with its scope and COMMIT are not counted.
func AtMost(ctx context.Context, tb testing.TB, most int64, fn func(context.Context)) {
	tb.Helper()
	counted, n := postgres.CountQueries(ctx)
	fn(counted)
	if got := n.Load(); got > most {
		tb.Errorf("took %d round trips to the database, at most %d are allowed", got, most)
	}
}

const (
	appRole    = "skai_app"
	ownerRole  = "skai_owner"
	testPrefix = "test_"
)
