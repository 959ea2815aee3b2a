package identity_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func service(db *postgres.DB) *identity.Service { return identity.New(db, orgs.New(db)) }

// from is a device at an address of the test's own, as the address counts.
func from(address string) identity.Device {
	return identity.Device{UserAgent: "a browser", Address: netip.MustParseAddr(address)}
}

// signIn signs the person of the role in and gives their session and its context.
func signIn(t *testing.T, db *postgres.DB, c dbtest.Contractor, role tenant.Role) (token string, ctx context.Context) {
	t.Helper()
	c.As(t, role)
	people := service(db)
	token, err := people.SignIn(t.Context(), c.Email(role), dbtest.Password, from("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	session, err := people.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return token, identity.WithSession(t.Context(), session, t.Name())
}

// super runs a statement as the superuser, for what time or the operator would do.
func super(t *testing.T, db *postgres.DB, sql string, args ...any) {
	t.Helper()
	if _, err := dbtest.Super(t, db).Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// member makes a user of one organisation a member of another as well.
func member(t *testing.T, db *postgres.DB, email, slug string, role tenant.Role) {
	t.Helper()
	created, err := service(db).CreateUser(t.Context(), identity.NewUser{Email: email, OrgSlug: slug, Role: role, Password: "ignored, they have one"})
	if err != nil || created {
		t.Fatalf("a second membership: created %v, %v", created, err)
	}
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: got %v, want a fault of kind %d", what, err, kind)
	}
}

// inScope runs a statement in the person's scope.
func inScope(ctx context.Context, db *postgres.DB, sql string, args ...any) error {
	return postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}

// hold makes every wait of the database's accounts a minute longer, so that a
// busy machine does not sit it out unseen. The database is the test's own.
func hold(t *testing.T, db *postgres.DB) {
	t.Helper()
	super(t, db, `UPDATE sign_in_failures SET last_at = last_at + interval '1 minute' WHERE key LIKE 'account:%'`)
}
