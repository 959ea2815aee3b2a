package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

func TestVaultByCommand(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	first, second := "--vault-secret=correct horse battery staple, one", "--vault-secret=correct horse battery staple, two"
	on(t, db, "", "vault", "status", first).want(t, exitDone, "comes from SKAI_VAULT_SECRET", "0 secrets are sealed with an older one")
	on(t, db, "", "vault", "rotate", first).want(t, exitDone, "seals from now on; 0 secrets were sealed again")
	on(t, db, "", "vault", "rotate", second).want(t, exitFailed, "is not the one")
	on(t, db, "", "vault", "rotate", second, "--old-secret=correct horse battery staple, six").want(t, exitFailed, "is not the one")
	on(t, db, "", "vault", "rotate", second, "--old-secret=correct horse battery staple, one").want(t, exitDone, "2 data keys are wrapped")
	on(t, db, "", "vault", "status", first).want(t, exitFailed, "is not the one")
	on(t, db, "", "vault", "status", second).want(t, exitDone, "opens what this database has sealed")
}

// TestVaultStatusOnlyLooks: an organisation that has nothing sealed gets no key by it.
func TestVaultStatusOnlyLooks(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	dbtest.Org(t, db, "titan").As(t, tenant.Owner)
	on(t, db, "", "vault", "status", "--vault-secret=correct horse battery staple, one").want(t, exitDone, "0 secrets are sealed with an older one")
	var keys int
	if err := dbtest.Super(t, db).QueryRow(t.Context(), `SELECT count(*) FROM org_keys`).Scan(&keys); err != nil || keys != 0 {
		t.Errorf("%d keys were made: %v", keys, err)
	}
}

func TestDeletingAnOrganisationByCommand(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	dbtest.Org(t, db, "titan").As(t, tenant.Owner)
	dbtest.Org(t, db, "prowest").As(t, tenant.Owner)
	on(t, db, "", "org", "delete", "titan").want(t, exitFailed, "--confirm")
	on(t, db, "", "org", "delete", "titan", "--confirm", "prowest").want(t, exitFailed, "nothing was deleted")
	on(t, db, "", "org", "delete", "nobody", "--confirm", "nobody").want(t, exitFailed, `there is no organisation "nobody"`)
	on(t, db, "", "org", "delete", "titan", "--confirm", "titan").want(t, exitDone, "titan is gone")
	list := on(t, db, "", "org", "list")
	list.want(t, exitDone, "prowest")
	if strings.Contains(list.out, "titan") {
		t.Error("it is listed still")
	}
}

func TestVerifyingATrailByCommand(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	super := dbtest.Super(t, db)
	on(t, db, "", "audit", "verify", "--org", "titan").want(t, exitDone, "Nothing was changed, removed or put in.")
	on(t, db, "", "audit", "verify").want(t, exitDone, "Nothing was changed")
	on(t, db, "", "audit", "verify", "--org", "nobody").want(t, exitFailed, "there is no organisation")
	on(t, db, "", "audit", "verify", "--org", "titan", "--expect", "one").want(t, exitFailed, "number and the hash of a seal")
	if _, err := super.Exec(t.Context(), `SELECT audit.seal()`); err != nil {
		t.Fatal(err)
	}
	on(t, db, "", "audit", "verify", "--org", "titan", "--expect", fmt.Sprintf("1:%064d", 0)).want(t, exitFailed, "not the one that was noted elsewhere")
	if _, err := super.Exec(t.Context(), `DELETE FROM audit_events WHERE org_id = $1 AND number = 2`, titan.ID); err != nil {
		t.Fatal(err)
	}
	on(t, db, "", "audit", "verify", "--org", "titan").want(t, exitFailed, "FOUND: events 2 to 2 are missing at the end")
	on(t, db, "", "audit", "verify", "--org", "titan", "--json").want(t, exitFailed, `"events 2 to 2 are missing at the end"`)
}

// TestAKilledRotationResumes kills a rotation when it has sealed some secrets again,
// and has the next one do the rest.
func TestAKilledRotationResumes(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	v, super := dbtest.Vault(t, db), dbtest.Super(t, db)
	const many = 6000
	ids, secrets := make([]uuid.UUID, many), make([][]byte, many)
	for i := range ids {
		ids[i] = uuid.New()
		secrets[i] = v.Seal(vault.Place{Table: "user_factors", Column: "secret", Row: ids[i]}, []byte(fmt.Sprint("secret ", i)))
	}
	if _, err := super.Exec(t.Context(), `
		INSERT INTO user_factors (id, user_id, kind, name, secret, confirmed_at) SELECT id, (SELECT id FROM users LIMIT 1), 'totp', 'App', secret, now() FROM unnest($1::uuid[], $2::bytea[]) f (id, secret)`, ids, secrets); err != nil {
		t.Fatal(err)
	}
	old := v.Current()
	left := func() int {
		t.Helper()
		n, err := postgres.Value[int](t.Context(), super, `SELECT count(*)::int FROM user_factors WHERE substring(secret FROM 2 FOR 16) = $1`, old[:])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	key := filepath.Join(t.TempDir(), "master")
	if err := os.WriteFile(key, bytes.Repeat([]byte{7}, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "vault", "rotate", "--database-url", dbtest.URL(db, "skai_app"), "--data", t.TempDir(), "--vault-key-file", key) //nolint:gosec // this test program itself
	c.Env = append(os.Environ(), asProgram+"=1")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 60_000 {
		if left() < many {
			break
		}
		<-tick.C
	}
	_ = c.Process.Kill() // in the middle
	_ = c.Wait()         // and then it ends as it likes
	n := left()
	if n == 0 || n == many {
		t.Fatalf("it was not killed in the middle: %d are left", n)
	}
	on(t, db, "", "vault", "status", "--vault-key-file", key).want(t, exitDone, fmt.Sprintf("%d secrets are sealed with an older one", n), "skai vault rotate --resume")
	on(t, db, "", "vault", "rotate", "--resume", "--vault-key-file", key).want(t, exitDone, fmt.Sprintf("%d secrets were sealed again", n))
	if n := left(); n != 0 {
		t.Errorf("%d are left", n)
	}
	type row struct {
		ID     uuid.UUID
		Secret []byte
	}
	rows, err := postgres.Many[row](t.Context(), super, `SELECT id, secret FROM user_factors`)
	if err != nil || len(rows) != many {
		t.Fatal(len(rows), err)
	}
	for _, r := range rows {
		if text, err := v.Open(t.Context(), vault.Place{Table: "user_factors", Column: "secret", Row: r.ID}, r.Secret); err != nil || string(text) != fmt.Sprint("secret ", slices.Index(ids, r.ID)) {
			t.Fatalf("%q, %v", text, err)
		}
	}
}
