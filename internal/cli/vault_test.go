package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/tenant"
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
