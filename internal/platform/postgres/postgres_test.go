package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// sqlstate is the code of PostgreSQL's refusal, "" for any other error.
func sqlstate(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// PostgreSQL's refusals that the tests expect.
const (
	noPrivilege  = "42501" // of the role, or by row security
	readOnly     = "25006"
	notThere     = "23503" // foreign key
	checkFailed  = "23514"
	noSetting    = "42704" // app.org_id was never set
	badUUID      = "22P02" // app.org_id is empty, after a transaction that set it
	undefinedCol = "42703"
)

func TestWithoutAScopeNothingIsDone(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ran := false
	fn := func(context.Context, pgx.Tx) (int, error) { ran = true; return 1, nil }
	for name, ctx := range map[string]context.Context{
		"no scope":        t.Context(),
		"no organisation": tenant.With(t.Context(), tenant.Scope{ActorID: uuid.New(), Role: tenant.Owner}),
	} {
		if _, err := postgres.Tx(ctx, db, fn); !errors.Is(err, tenant.ErrNoScope) {
			t.Errorf("%s: Tx gives %v", name, err)
		}
		if _, err := postgres.Read(ctx, db, fn); !errors.Is(err, tenant.ErrNoScope) {
			t.Errorf("%s: Read gives %v", name, err)
		}
	}
	if ran {
		t.Error("the work was done without a scope")
	}
}

func TestAQueryPastTheScopeIsAnError(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Owner)
	fresh := dbtest.App(t, db)
	if _, err := fresh.Exec(t.Context(), `SELECT id FROM contacts`); sqlstate(err) != noSetting {
		t.Errorf("on a new connection: %v; want an unset app.org_id", err)
	}
	// A connection that has served a tenant remembers nothing of it.
	tx, err := fresh.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	scope, _ := tenant.From(ctx)
	if _, err := tx.Exec(t.Context(), `SELECT set_config('app.org_id', $1, true)`, scope.OrgID.String()); err != nil {
		t.Fatal(err)
	}
	if n, err := postgres.Value[int](t.Context(), tx, `SELECT count(*)::int FROM people`); err != nil || n != 2 {
		t.Errorf("in the scope: %d people, %v; want the owner and the system's", n, err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.Exec(t.Context(), `SELECT id FROM people`); sqlstate(err) != badUUID {
		t.Errorf("after a scope: %v; want an empty app.org_id", err)
	}
}

func TestTheScopeReachesTheTransaction(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`['"\\;$ a-z-]*`)).Draw(rt, "name")
		scope := tenant.Scope{OrgID: uuid.New(), ActorID: uuid.New(), ActorName: strings.ToValidUTF8(name, ""), Role: tenant.Viewer, RequestID: "r'1"}
		type settings struct{ Org, Actor, Name, Request string }
		got, err := postgres.Read(tenant.With(t.Context(), scope), db, func(ctx context.Context, tx pgx.Tx) (settings, error) {
			return postgres.One[settings](ctx, tx, `SELECT current_org()::text AS org, current_setting('app.actor_id') AS actor,
				current_setting('app.actor') AS name, current_setting('app.request_id') AS request`)
		})
		want := settings{scope.OrgID.String(), scope.ActorID.String(), strings.ReplaceAll(scope.ActorName, "\x00", ""), "r'1"}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			rt.Fatal(err, diff)
		}
	})
}

func TestReadRefusesToWrite(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Owner)
	_, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE orgs SET name = 'x'`)
	})
	if sqlstate(err) != readOnly {
		t.Errorf("a write in Read gives %v", err)
	}
}

func TestAnErrorRollsBack(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	ctx := titan.As(t, tenant.Owner)
	fail := errors.New("no more shingles")
	rename := func(name string, err error) error {
		return postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := postgres.Exec(ctx, tx, `UPDATE orgs SET name = $1`, name); err != nil {
				return err
			}
			return err
		})
	}
	if err := rename("gone", fail); !errors.Is(err, fail) {
		t.Errorf("Do gives %v", err)
	}
	if err := rename("kept", nil); err != nil {
		t.Error(err)
	}
	got, err := postgres.Value[string](t.Context(), dbtest.Super(t, db), `SELECT name FROM orgs WHERE id = $1`, titan.ID)
	if got != "kept" || err != nil {
		t.Errorf("the name is %q, %v", got, err)
	}
}

func TestACancelledRequestGivesItsConnectionBack(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	ctx, cancel := context.WithCancel(titan.As(t, tenant.Owner))
	err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := postgres.Exec(ctx, tx, `UPDATE orgs SET name = 'locked'`); err != nil {
			return err
		}
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Do gives %v", err)
	}
	err = postgres.Do(titan.As(t, tenant.Owner), db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := postgres.Exec(ctx, tx, `UPDATE orgs SET name = 'free'`)
		return err
	})
	if err != nil || db.Stat().AcquiredConns() != 0 {
		t.Errorf("after a cancelled request: %v, %d connections out", err, db.Stat().AcquiredConns())
	}
}

func TestOpenRefusesARoleThatReachesFurther(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	for _, role := range []string{localpg.Superuser, "skai_owner"} {
		_, err := postgres.Open(t.Context(), dbtest.URL(db, role), 2)
		if err == nil || !strings.Contains(err.Error(), role) || !strings.Contains(err.Error(), "use skai_app") {
			t.Errorf("as %s: %v", role, err)
		}
	}
	for url, words := range map[string]string{
		"postgres://%zz":                        "an example: postgres://skai_app:secret@db.internal:5432/skai",
		"postgres://x@127.0.0.1:1/none?x=y":     "connect to the database",
		dbtest.URL(db, "skai_app") + "_missing": "connect to the database",
	} {
		if _, err := postgres.Open(t.Context(), url, 2); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v; want %q", url, err, words)
		}
	}
}

func TestSystemRolesHaveTheirOwnNarrowGrants(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	ctx := titan.As(t, tenant.Owner)
	asTenant := func(sql string) error {
		return postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error { _, err := tx.Exec(ctx, sql); return err })
	}
	as := func(role postgres.SystemRole) func(string) error {
		return func(sql string) error {
			_, err := postgres.System(ctx, db, role, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
				_, err := tx.Exec(ctx, sql)
				return struct{}{}, err
			})
			return err
		}
	}
	signIn, operator := as(postgres.SignIn), as(postgres.Operator)
	for _, c := range []struct {
		who  string
		run  func(string) error
		sql  string
		want string
	}{
		{"tenant", asTenant, `SELECT password_hash FROM users`, noPrivilege},
		{"tenant", asTenant, `SELECT token_hash FROM sessions`, noPrivilege},
		{"tenant", asTenant, `INSERT INTO orgs (id, slug, name) VALUES (gen_random_uuid(), 'mine', 'Mine')`, noPrivilege},
		{"tenant", asTenant, `UPDATE orgs SET slug = 'mine'`, noPrivilege},
		{"tenant", asTenant, `CREATE TABLE public.mine (id int)`, noPrivilege},
		{"tenant", asTenant, `ALTER TABLE contacts DISABLE ROW LEVEL SECURITY`, noPrivilege},
		{"tenant", asTenant, `SET session_replication_role = replica`, noPrivilege},
		{"tenant", asTenant, `SET ROLE skai_owner`, noPrivilege},
		{"tenant", asTenant, `SET ROLE skai_audit`, noPrivilege},
		{"tenant", asTenant, `SET ROLE skai_search`, noPrivilege},
		{"sign-in", signIn, `SELECT id FROM orgs`, ""},
		{"sign-in", signIn, `SELECT id FROM contacts`, noPrivilege},
		{"sign-in", signIn, `SELECT id FROM claims`, noPrivilege},
		{"sign-in", signIn, `UPDATE people SET role = 'owner'`, noPrivilege},
		{"sign-in", signIn, `UPDATE users SET name = 'x'`, noPrivilege},
		{"sign-in", signIn, `SELECT changes FROM audit_entries`, noPrivilege},
		{"operator", operator, `SELECT id FROM orgs`, ""},
		{"operator", operator, `SELECT id FROM contacts`, noPrivilege},
		{"operator", operator, `SELECT id FROM claims`, noPrivilege},
		{"operator", operator, `SELECT token_hash FROM sessions`, noPrivilege},
		{"operator", operator, `SELECT changes FROM audit_entries`, noPrivilege},
		{"operator", operator, `DELETE FROM people`, noPrivilege},
		{"operator", operator, `SELECT count(*), sum(size) FROM files`, ""},
		{"operator", operator, `SELECT name FROM files`, noPrivilege},
		{"operator", operator, `SELECT caption FROM files`, noPrivilege},
		{"operator", operator, `SELECT state, rows_read FROM import_runs`, ""},
		{"operator", operator, `SELECT report FROM import_runs`, noPrivilege},
		{"operator", operator, `SELECT failure FROM import_runs`, noPrivilege},
		{"operator", operator, `SELECT name FROM import_files`, noPrivilege},
		{"operator", operator, `SELECT token_hash FROM operator_sessions`, noPrivilege},
		{"tenant", asTenant, `SELECT id FROM operators`, noPrivilege},
		{"tenant", asTenant, `SELECT token_hash FROM operator_sessions`, noPrivilege},
		{"sign-in", signIn, `INSERT INTO operators (id) SELECT id FROM users`, noPrivilege},
	} {
		if got := sqlstate(c.run(c.sql)); got != c.want {
			t.Errorf("%s: %s: got %q, want %q", c.who, c.sql, got, c.want)
		}
	}
}

// The switch to a system role ends with its transaction.
func TestASystemRoleDoesNotStay(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan") // as the operator, on a connection of this pool
	ctx := titan.As(t, tenant.Owner)
	for range 20 {
		role, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (string, error) {
			return postgres.Value[string](ctx, tx, `SELECT current_user`)
		})
		if role != "skai_app" || err != nil {
			t.Fatalf("a tenant's transaction runs as %q, %v", role, err)
		}
	}
}

func TestConstraintNamesTheRefusal(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Owner)
	err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := postgres.Exec(ctx, tx, `UPDATE orgs SET brand_color = 'red'`)
		return err
	})
	if got := postgres.Constraint(err); got != "orgs_brand_color_check" || sqlstate(err) != checkFailed {
		t.Errorf("got %q of %v", got, err)
	}
	if got := postgres.Constraint(errors.New("x")); got != "" {
		t.Errorf("another error has the constraint %q", got)
	}
}

func TestNewIDsSortByTime(t *testing.T) {
	t.Parallel()
	last := postgres.NewID().String()
	for range 1000 {
		next := postgres.NewID().String()
		if next <= last {
			t.Fatalf("%s is not after %s", next, last)
		}
		last = next
	}
}
