package app_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// TestIncidentsAreToldOnEveryPage opens one, writes of it and announces work: everybody
// sees it, the organisation's people and programs too, and nobody what is the operator's.
func TestIncidentsAreToldOnEveryPage(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	a := build(t, db)
	desk := incidents.New(db, nil, incidents.Alerts{})
	ctx, now := t.Context(), time.Now().UTC()
	i, err := desk.OpenByHand(ctx, "Photos <come> slowly", incidents.Page, now.Add(-30*time.Minute), now)
	if err != nil {
		t.Fatal(err)
	}
	for words, public := range map[string]bool{"The provider works on it.": true, "Their ticket is 4711.": false} {
		if err := desk.WriteNote(ctx, i.ID, words, public); err != nil {
			t.Fatal(err)
		}
	}
	soon := now.Truncate(time.Minute).Add(72 * time.Hour)
	if _, err := desk.Announce(ctx, soon, soon.Add(time.Hour), "New disks: pages will be slow."); err != nil {
		t.Fatal(err)
	}
	owner := comeIn(t, a, titan, tenant.Owner)
	words := []string{"Photos &lt;come&gt; slowly", "The provider works on it.", "New disks: pages will be slow."}
	for path, want := range map[string][]string{
		"/status":                 {words[0], words[1], words[2], "Maintenance is planned", "does not count as down", "has gone on for 30 minutes"},
		"/settings/ops":           {words[0], words[1], words[2], "Incidents and maintenance"},
		"/settings/ops/live":      {words[0], words[1], words[2]},
		"/api/enterprise/metrics": {`"rule":"operator","severity":"page","title":"Photos <come> slowly"`, `"closed_at":null`, words[1], `"maintenance":[]`},
		"/api/enterprise/metrics?from=" + now.Format(time.RFC3339) + "&to=" + soon.Add(time.Hour).Format(time.RFC3339): {`"what":"New disks: pages will be slow."`, `"excused":true`},
		"/api/enterprise/metrics?to=" + now.Add(-time.Hour).Format(time.RFC3339):                                       {`"incidents":[]`},
	} {
		got := owner.send(t, http.MethodGet, path, nil)
		for _, w := range want {
			if got.Status != http.StatusOK || !strings.Contains(got.Body, w) {
				t.Errorf("%s has no %q: %d %s", path, w, got.Status, got.Body)
			}
		}
		if strings.Contains(got.Body, "4711") {
			t.Errorf("%s tells what is the operator's", path)
		}
	}
}

// TestAStorageThatIsAwayIsAnIncident takes the folder of files away from a process that
// serves, beside one that keeps no files and is well.
func TestAStorageThatIsAwayIsAnIncident(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	folder := filepath.Join(t.TempDir(), "files")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	files := dbtest.Blobs(t, db, folder)
	for _, a := range []interface {
		Serve(ctx context.Context, l net.Listener) error
	}{buildWith(t, db, files), buildWith(t, db, nil)} {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() { ended <- a.Serve(ctx, l) }()
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	super, patience := dbtest.Super(t, db), time.Now().Add(time.Minute)
	for again := time.NewTicker(50 * time.Millisecond); ; <-again.C {
		n, err := postgres.Value[int](t.Context(), super, `SELECT count(*)::int FROM processes WHERE unwell ? 'storage'`)
		if err != nil || time.Now().After(patience) {
			t.Fatalf("no process says that its storage is away: %v", err)
		}
		if n == 1 {
			break
		}
	}
	desk := incidents.New(db, nil, incidents.Alerts{})
	for _, back := range []time.Duration{45 * time.Second, 0} {
		if err := desk.Evaluate(t.Context(), time.Now().Add(-back)); err != nil {
			t.Error(err)
		}
	}
	list, err := desk.List(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), true)
	if err != nil || len(list) != 1 || list[0].Rule != "part.storage" || list[0].Seen != "1 of 2 programs say: the storage of files does not answer." {
		t.Errorf("%+v, %v", list, err)
	}
	stop()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	// What nobody may read as the application.
	_, err = postgres.Read(dbtest.Org(t, db, "titan").As(t, tenant.Owner), db, func(ctx context.Context, tx pgx.Tx) (int, error) {
		return postgres.Value[int](ctx, tx, `SELECT count(*)::int FROM incident_notes`)
	})
	if postgres.Code(err) != "42501" {
		t.Errorf("notes are read by everybody: %v", err)
	}
}
