package factors_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity/factors"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

func TestSecretsAreSealedAgain(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	dbtest.Org(t, db, "titan").As(t, tenant.Owner)
	v, super := dbtest.Vault(t, db), dbtest.Super(t, db)
	at := func(id uuid.UUID) vault.Place { return vault.Place{Table: "user_factors", Column: "secret", Row: id} }
	ids := make([]uuid.UUID, 250)
	for i := range ids {
		ids[i] = uuid.New()
		if _, err := super.Exec(t.Context(), `INSERT INTO user_factors (id, user_id, kind, name, secret, confirmed_at) SELECT $1::uuid, id, 'totp', 'App', $2, now() FROM users LIMIT 1`,
			ids[i], v.Seal(at(ids[i]), []byte("secret "+ids[i].String()))); err != nil {
			t.Fatal(err)
		}
	}
	waiting := func(want int64) {
		t.Helper()
		if n, err := factors.Waiting(t.Context(), db, v); err != nil || n != want {
			t.Errorf("%d wait, want %d: %v", n, want, err)
		}
	}
	waiting(0)
	if err := v.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	waiting(250)
	// It is stopped after its first transaction.
	if n, err := factors.ResealOnce(t.Context(), db, v); err != nil || n != 100 {
		t.Fatal(n, err)
	}
	waiting(150)
	// Another program goes on.
	v = dbtest.Vault(t, db)
	if n, err := factors.Reseal(t.Context(), db, v); err != nil || n != 150 {
		t.Fatal(n, err)
	}
	waiting(0)
	if n, err := factors.Reseal(t.Context(), db, v); err != nil || n != 0 {
		t.Error(n, err)
	}
	for _, id := range ids {
		sealed, err := postgres.Value[[]byte](t.Context(), super, `SELECT secret FROM user_factors WHERE id = $1`, id)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Open(t.Context(), at(id), sealed); err != nil || string(got) != "secret "+id.String() {
			t.Fatalf("%q, %v", got, err)
		}
		if key, _ := vault.KeyOf(sealed); key != v.Current() {
			t.Fatalf("sealed with %s", key)
		}
	}
}
