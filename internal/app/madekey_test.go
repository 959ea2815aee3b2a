package app_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// TestThePageSaysThatTheMasterKeyLiesBesideTheData until it is another one.
func TestThePageSaysThatTheMasterKeyLiesBesideTheData(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	m, err := vault.Config{Folder: t.TempDir()}.Master(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made, err := vault.Open(t.Context(), db, m)
	if err != nil {
		t.Fatal(err)
	}
	for v, want := range map[*vault.Vault]bool{made: true, dbtest.Vault(t, dbtest.New(t)): false} {
		a, err := app.New(db, app.Config{Log: slog.New(slog.DiscardHandler), Version: "test", Vault: v})
		if err != nil {
			t.Fatal(err)
		}
		owner := comeIn(t, a, titan, tenant.Owner)
		got := owner.send(t, http.MethodGet, "/settings/ops", nil)
		if said := strings.Contains(got.Body, "The master key is the file"); got.Status != http.StatusOK || said != want {
			t.Errorf("made %v, said %v: %d", want, said, got.Status)
		}
	}
}
