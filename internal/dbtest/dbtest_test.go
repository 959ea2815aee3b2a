package dbtest_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestADatabaseIsTheTestsOwn(t *testing.T) {
	t.Parallel()
	one, two := dbtest.New(t), dbtest.New(t)
	titan := dbtest.Org(t, one, "titan")
	dbtest.Org(t, two, "titan")
	if titan.Slug != "titan" {
		t.Errorf("the organisation's slug is %q in a database of its own", titan.Slug)
	}
	list, err := orgs.New(two).List(t.Context())
	if err != nil || len(list) != 1 {
		t.Errorf("the other database has %d organisations, %v", len(list), err)
	}
	var role, zone, fsync string
	err = one.QueryRow(t.Context(), `SELECT current_user, current_setting('timezone'), current_setting('fsync')`).Scan(&role, &zone, &fsync)
	if diff := cmp.Diff([]any{"skai_app", "Canada/Newfoundland", "off", nil}, []any{role, zone, fsync, err}); diff != "" {
		t.Error(diff)
	}
	super := dbtest.Super(t, one)
	if n, err := postgres.Value[int](t.Context(), super, `SELECT count(*)::int FROM people`); err != nil || n != 1 {
		t.Errorf("the superuser sees %d people, %v; want the system's", n, err)
	}
}

func TestSharedTakesOneOrganisationTwice(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	if db != dbtest.Shared(t) {
		t.Error("not shared")
	}
	first, second := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "titan")
	if first.ID == second.ID {
		t.Error("two tests got one organisation")
	}
}

func TestAPersonPerRole(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	ctx := titan.As(t, tenant.Manager)
	scope, err := tenant.Must(ctx)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := tenant.From(titan.As(t, tenant.Manager))
	want := tenant.Scope{OrgID: titan.ID, ActorID: again.ActorID, ActorName: "Manager", Role: tenant.Manager, RequestID: t.Name()}
	if diff := cmp.Diff(want, scope); diff != "" || scope.ActorID == uuid.Nil {
		t.Error(diff)
	}
	people := identity.New(db, orgs.New(db))
	if _, err := people.SignIn(t.Context(), titan.Email(tenant.Manager), dbtest.Password, identity.Device{}); err != nil {
		t.Errorf("the person can't sign in: %v", err)
	}
}

func TestABareDatabaseHasNoTables(t *testing.T) {
	t.Parallel()
	owner, app := dbtest.Bare(t)
	for url, role := range map[string]string{owner: "skai_owner", app: "skai_app"} {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		var user string
		var tables int
		err = conn.QueryRow(t.Context(), `SELECT current_user, (SELECT count(*) FROM pg_tables WHERE schemaname = 'public')`).Scan(&user, &tables)
		if user != role || tables != 0 || err != nil {
			t.Errorf("as %s: %d tables, %v; want none as %s", user, tables, err, role)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// listener hears a test's failures instead of failing.
type listener struct {
	testing.TB

	failed bool
}

func (l *listener) Errorf(string, ...any) { l.failed = true }

func TestAtMost(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Viewer)
	ask := func(times int) func(context.Context) {
		return func(ctx context.Context) {
			_, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (n int, err error) {
				for range times {
					if n, err = postgres.Value[int](ctx, tx, `SELECT 1`); err != nil {
						return 0, err
					}
				}
				return n, nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
	for times, fails := range map[int]bool{1: false, 2: false, 3: true} {
		l := &listener{TB: t}
		dbtest.AtMost(ctx, l, 2, ask(times))
		if l.failed != fails {
			t.Errorf("%d round trips where 2 are allowed: failed is %v", times, l.failed)
		}
	}
}
