package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestAReadBatchIsOneTransactionInItsScope(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	for _, c := range []dbtest.Contractor{titan, prowest, titan} {
		var b pgx.Batch
		var orgs []uuid.UUID
		var readOnly []string
		postgres.QueueValues(&b, &orgs, `SELECT DISTINCT org_id FROM people`)
		postgres.QueueValues(&b, &readOnly, `SELECT current_setting('transaction_read_only')`)
		if err := postgres.ReadBatch(c.As(t, tenant.Manager), db, &b); err != nil || len(orgs) != 1 || orgs[0] != c.ID || readOnly[0] != "on" {
			t.Errorf("%v instead of %v, read only %v: %v", orgs, c.ID, readOnly, err)
		}
	}
	soon, cancel := context.WithTimeout(titan.As(t, tenant.Manager), time.Minute)
	defer cancel()
	var limited pgx.Batch
	var limits []string
	postgres.QueueValues(&limited, &limits, `SELECT current_setting(name) FROM (VALUES ('statement_timeout'), ('lock_timeout')) s (name)`)
	if err := postgres.ReadBatch(soon, db, &limited); err != nil || len(limits) != 2 || limits[0] == "0" || limits[1] == "0" {
		t.Errorf("the database lets it run for ever: %v, %v", limits, err)
	}
	var b pgx.Batch
	postgres.QueueValues(&b, new([]int), `SELECT 1`)
	if err := postgres.ReadBatch(t.Context(), db, &b); !errors.Is(err, tenant.ErrNoScope) {
		t.Errorf("without a scope: %v", err)
	}
	if b.Len() != 1 {
		t.Errorf("the batch was changed: %d", b.Len())
	}
	scope, _ := tenant.From(titan.As(t, tenant.Manager))
	scope.Support = uuid.New() // which nobody agreed to
	var seen []uuid.UUID
	var closed pgx.Batch
	postgres.QueueValues(&closed, &seen, `SELECT id FROM people`)
	if err := postgres.ReadBatch(tenant.With(t.Context(), scope), db, &closed); err != nil || len(seen) != 0 {
		t.Errorf("support without consent sees %d people, %v", len(seen), err)
	}
}

func TestASystemReadsAsItsRole(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	dbtest.Org(t, db, "titan")
	type who struct{ Role string }
	got, err := postgres.SystemReadOne[who](t.Context(), db, postgres.SignIn, `SELECT current_user::text AS role FROM sessions RIGHT JOIN (VALUES (1)) one ON true LIMIT 1`)
	if err != nil || got.Role != "skai_signin" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := postgres.SystemReadOne[who](t.Context(), db, postgres.SignIn, `SELECT title AS role FROM claims`); sqlstate(err) != noPrivilege {
		t.Errorf("claims at the door: %v", err)
	}
	if _, err := postgres.SystemReadOne[who](t.Context(), db, postgres.SignIn, `SELECT 'x' AS role WHERE false`); !errors.Is(err, postgres.ErrNoRow) {
		t.Errorf("no row: %v", err)
	}
}

// What fails in the middle leaves the connection as it was: with no transaction, no
// scope and no role, and in the pool.
func TestAReadBatchThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	one := dbtest.New(t)
	ctx := dbtest.Org(t, one, "titan").As(t, tenant.Manager)
	db, err := postgres.Open(t.Context(), dbtest.URL(one, "skai_app")+"&pool_max_conns=1", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	pid := func() int {
		t.Helper()
		var pid int
		var org string
		if err := db.QueryRow(t.Context(), `SELECT pg_backend_pid(), coalesce(current_setting('app.org_id', true), '')`).Scan(&pid, &org); err != nil || org != "" {
			t.Fatalf("the scope of what failed holds still: %q, %v", org, err)
		}
		return pid
	}
	before := pid()
	for sql, code := range map[string]string{
		`SELECT 1 / 0`:                            "22012",
		`DELETE FROM contacts`:                    readOnly,
		`SELECT none FROM contacts`:               undefinedCol,
		`SELECT id FROM contacts WHERE id = 'x1'`: badUUID,
	} {
		var b pgx.Batch
		var first, last []int
		postgres.QueueValues(&b, &first, `SELECT 1`)
		b.Queue(sql)
		postgres.QueueValues(&b, &last, `SELECT 2`)
		if err := postgres.ReadBatch(ctx, db, &b); sqlstate(err) != code || last != nil {
			t.Errorf("%s: %v, %v", sql, err, last)
		}
		if after := pid(); after != before {
			t.Errorf("%s: the connection was given up", sql)
			before = after
		}
	}
}

// A database that was started again has ended every connection of the pool: who reads
// first does not notice.
func TestAReadBatchTakesAnotherConnectionForADeadOne(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx, super := dbtest.Org(t, db, "titan").As(t, tenant.Manager), dbtest.Super(t, db)
	for range 3 {
		var b pgx.Batch
		var got []int
		postgres.QueueValues(&b, &got, `SELECT 7`)
		if err := postgres.ReadBatch(ctx, db, &b); err != nil || len(got) != 1 || got[0] != 7 {
			t.Fatalf("%v, %v", got, err)
		}
		kill(t, super)
	}
}

// Who is told that there is nothing, a stranger with a made-up session for one, does not
// make the connection forget its statements.
func TestThatThereIsNothingCostsNothing(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(t.Context(), dbtest.URL(dbtest.New(t), "skai_app")+"&pool_max_conns=1", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if db.Config().ConnConfig.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
		t.Skip("behind PgBouncer a connection knows no statements to forget")
	}
	type row struct{ Name string }
	since := func() (at time.Time) {
		t.Helper()
		if _, err := postgres.SystemReadOne[row](t.Context(), db, postgres.SignIn, `SELECT name FROM users WHERE false`); !errors.Is(err, postgres.ErrNoRow) {
			t.Fatal(err)
		}
		if err := db.QueryRow(t.Context(), `SELECT prepare_time FROM pg_prepared_statements WHERE statement = 'SELECT name FROM users WHERE false'`).Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	if one, two := since(), since(); !one.Equal(two) {
		t.Errorf("prepared at %v and again at %v", one, two)
	}
}
