package pages_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/archive"
	"github.com/skaiscraper/skai/internal/migration/pages"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// TestTheRunOfAnArchiveTellsWhatItReadBack opens the page that the audit trail's
// entries of a restored archive lead to.
func TestTheRunOfAnArchiveTellsWhatItReadBack(t *testing.T) {
	t.Parallel()
	db, dir := dbtest.Shared(t), t.TempDir()
	blobs := dbtest.Blobs(t, db, filepath.Join(dir, "blobs"))
	path := filepath.Join(dir, "titan.zip")
	out, err := os.Create(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := archive.New(db, blobs).Export(dbtest.Org(t, db, "titan").As(t, tenant.Owner), out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	org := dbtest.Org(t, db, "prowest")
	owner := org.As(t, tenant.Owner)
	if _, err := archive.New(db, blobs).Restore(owner, path, false); err != nil {
		t.Fatal(err)
	}
	svc := migration.New(db, blobs)
	runs, err := svc.Runs(owner, 10)
	if err != nil || len(runs) != 1 {
		t.Fatalf("runs: %+v, %v", runs, err)
	}
	door := dbtest.NewDoor(t, func(rt *web.Router) { pages.Routes(rt, svc) })
	page := door.Get(owner, t, "/migration/runs/"+runs[0].ID.String())
	for _, words := range []string{"An export was read back", "titan.zip", "SHA-256", "Import rows"} {
		if page.Status != http.StatusOK || !strings.Contains(page.Body, words) {
			t.Errorf("the run's page: %d, without %q", page.Status, words)
		}
	}
	if list := door.Get(owner, t, "/migration"); !strings.Contains(list.Body, "titan.zip") {
		t.Error("the list of imports doesn't name the archive")
	}
	other := dbtest.Org(t, db, "titan").As(t, tenant.Owner)
	if a := door.Get(other, t, "/migration/runs/"+runs[0].ID.String()); a.Status != http.StatusNotFound {
		t.Errorf("another organisation's run: %d, want 404", a.Status)
	}
}
