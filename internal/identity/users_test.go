package identity_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestCreateUser(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	people := service(db)
	pat := identity.NewUser{Email: " Pat@" + titan.Slug + ".example ", OrgSlug: titan.Slug, Role: tenant.Manager, Password: "a long enough password"}
	if created, err := people.CreateUser(t.Context(), pat); err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	_, err := people.CreateUser(t.Context(), pat)
	wantKind(t, "a second time", err, fault.KindConflict)
	list, err := people.People(titan.As(t, tenant.Viewer))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		got = append(got, p.Name+" "+p.Kind+" "+*p.Email+" "+string(p.Role))
	}
	want := []string{
		"pat member pat@" + titan.Slug + ".example manager",
		"Viewer member " + titan.Email(tenant.Viewer) + " viewer",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCreateUserRefusesInWords(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	good := identity.NewUser{Email: "pat@example.com", OrgSlug: titan.Slug, Role: tenant.Owner, Password: "a long enough password"}
	for field, change := range map[string]func(*identity.NewUser){
		"email":    func(n *identity.NewUser) { n.Email = "Pat <pat@example.com>" },
		"role":     func(n *identity.NewUser) { n.Role = "boss" },
		"password": func(n *identity.NewUser) { n.Password = "tooshort" },
	} {
		n := good
		change(&n)
		_, err := service(db).CreateUser(t.Context(), n)
		if f := fault.As(err); f == nil || f.Kind != fault.KindInvalid || len(f.Fields) != 1 || f.Fields[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	n := good
	n.OrgSlug = "nobody"
	_, err := service(db).CreateUser(t.Context(), n)
	wantKind(t, "no such organisation", err, fault.KindNotFound)
	for _, password := range []string{"", "elevenchars", strings.Repeat("p", 1025)} {
		n := good
		n.Password = password
		_, err := service(db).CreateUser(t.Context(), n)
		wantKind(t, password, err, fault.KindInvalid)
	}
}

func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	ctx := titan.As(t, tenant.Owner)
	owner := mustPerson(ctx)
	for _, sql := range []string{
		`UPDATE people SET role = 'admin' WHERE id = $1`,
		`UPDATE people SET active = false WHERE id = $1`,
	} {
		if err := inScope(ctx, db, sql, owner); postgres.Constraint(err) != "people_last_owner" {
			t.Errorf("%s: %v", sql, err)
		}
		_, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
			return postgres.Exec(ctx, tx, sql, owner)
		})
		if postgres.Constraint(err) != "people_last_owner" {
			t.Errorf("as the operator: %s: %v", sql, err)
		}
	}
	// Handing over in one transaction works, in either order.
	admin := mustPerson(titan.As(t, tenant.Admin))
	if err := inScope(ctx, db, `UPDATE people SET role = CASE id WHEN $1 THEN 'admin' ELSE 'owner' END WHERE id IN ($1, $2)`, owner, admin); err != nil {
		t.Error(err)
	}
}

func TestTwoOwnersCannotBothLeaveAtOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan, other := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "other")
	ctx := titan.As(t, tenant.Owner)
	first := mustPerson(ctx)
	other.As(t, tenant.Owner)
	member(t, db, other.Email(tenant.Owner), titan.Slug, tenant.Owner)
	var demoted [2]error
	var both errgroup.Group
	var changed sync.WaitGroup // both have changed, none is committed
	changed.Add(2)
	for i, sql := range []string{`UPDATE people SET role = 'member' WHERE id = $1`, `UPDATE people SET active = false WHERE role = 'owner' AND kind = 'member' AND id <> $1`} {
		both.Go(func() error {
			demoted[i] = postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
				_, err := tx.Exec(ctx, sql, first)
				changed.Done()
				changed.Wait()
				return err
			})
			return nil
		})
	}
	if err := both.Wait(); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, err := range demoted {
		if postgres.Constraint(err) == "people_last_owner" {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused != 1 {
		t.Errorf("%d of 2 were refused: %v", refused, demoted)
	}
}

func TestEnsurePlaceholders(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	ctx := titan.As(t, tenant.Admin)
	for range 2 {
		err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			return identity.EnsurePlaceholders(ctx, tx, []string{"Ana Muñoz", " ana  muñoz", "ADMIN", "", "  ", "Bo O'Neil", "SkaiScraper"})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	list, err := service(db).People(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range list {
		got[strings.ToLower(strings.Join(strings.Fields(p.Name), " "))] = p.Kind
		if p.Kind == "placeholder" && p.Active {
			t.Errorf("%s could act", p.Name)
		}
	}
	want := map[string]string{"admin": "member", "ana muñoz": "placeholder", "bo o'neil": "placeholder", "skaiscraper": "placeholder"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, err = service(db).People(t.Context())
	wantKind(t, "without a scope", err, fault.KindUnauthenticated)
}
