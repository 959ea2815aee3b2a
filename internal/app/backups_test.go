package app_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// TestWhatIsKnownOfBackupsIsTold goes from no backup to one that was drilled, one that
// failed and one that is too old, and looks at every place that tells of them.
func TestWhatIsKnownOfBackupsIsTold(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	a := build(t, db)
	owner := comeIn(t, a, titan, tenant.Owner)
	told := func(when, deep, status, metrics, page, truth string) {
		t.Helper()
		h := watched(t, db, "1") // which looks now
		if code, body, text := healthOf(t, h, "/deep", ""); code != http.StatusOK || body["status"] != status || !strings.Contains(text, deep) {
			t.Errorf("%s: deep has no %s: %s", when, deep, text)
		}
		if _, _, text := healthOf(t, h, "/truth", opsToken); !strings.Contains(text, truth) {
			t.Errorf("%s: truth has no %s: %s", when, truth, text)
		}
		if got := owner.send(t, http.MethodGet, "/api/enterprise/metrics", nil); !strings.Contains(got.Body, metrics) {
			t.Errorf("%s: metrics has no %s: %s", when, metrics, got.Body)
		}
		if got := owner.send(t, http.MethodGet, "/settings/ops", nil); !strings.Contains(got.Body, page) || strings.Contains(got.Body, "4,711") {
			t.Errorf("%s: the page has no %q, or tells how much the installation holds: %s", when, page, got.Body)
		}
	}
	told("without", `"backup":{"status":"ok"`, "ok", `"backup":null,"restore_drill":null`, "No backup is known here.", "backup.state")
	now := time.Now().UTC()
	m := &backup.Manifest{
		ID: uuid.New(), Started: now.Add(-time.Hour), Ended: now.Add(-time.Hour + 9*time.Second), SnapshotAt: now.Add(-time.Hour),
		Tables: []backup.Content{{Name: "public.contacts", Rows: 4711}}, Files: []backup.File{{Path: "files/x.key", Size: 60}},
	}
	note := func(failed error) {
		t.Helper()
		if err := backup.NoteBackup(t.Context(), db, m, failed); err != nil {
			t.Fatal(err)
		}
	}
	note(nil)
	told("backed up", `"ageSeconds":36`, "ok", `"result":"whole"`, "Nobody has tried to restore one yet", `{"name":"backup.rows","value":4711,`)
	r := &backup.Report{ID: uuid.New(), Backup: m.ID, Started: now.Add(-30 * time.Minute), Finished: now.Add(-29 * time.Minute), RPO: 1800, RTO: 40.2, Rows: 4711, Checks: make([]backup.Check, 8)}
	if err := backup.NoteDrill(t.Context(), db, r); err != nil {
		t.Fatal(err)
	}
	told("drilled", `"ageSeconds":36`, "ok", `"rto_seconds":40.2`, "everything was back and checked in 41 s, and all 8 checks were fine; what was saved in the 30 minutes before it would have been lost.", `{"name":"drill.rto","value":40.2,"unit":"s"`)
	m.ID, m.Started = uuid.New(), now.Add(-time.Minute)
	note(errors.New("the disk is full"))
	told("failed", `the last backup failed`, "degraded", `"last_failed":true`, "The last backup failed.", `{"name":"backup.result","value":"failed"`)
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `UPDATE backups SET started_at = started_at - interval '2 days', snapshot_at = snapshot_at - interval '26 hours', finished_at = finished_at - interval '26 hours'`); err != nil {
		t.Fatal(err)
	}
	told("too old", `the last backup is 27 hours old`, "degraded", `"result":"whole"`, "The last backup", `{"name":"backup.result"`)
	r.ID, r.Finished, r.Checks = uuid.New(), now, []backup.Check{{Name: "rows", Failed: []string{"the table public.contacts has 9 rows, and had 10"}}}
	if err := backup.NoteDrill(t.Context(), db, r); err != nil {
		t.Fatal(err)
	}
	told("a drill that failed", `the last backup is`, "degraded", `"failed":1`, "differences were found (1)", `"the table public.contacts has 9 rows, and had 10"`)
}

// TestTheLogsArchiveIsLookedAt: a slot that nobody fetches the log from is told, since it
// holds the log back. Slots are of a whole server, so this one is the test's own.
func TestTheLogsArchiveIsLookedAt(t *testing.T) {
	t.Parallel()
	server, err := localpg.Start(t.Context(), localpg.Options{Temporary: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if err := postgres.Bootstrap(t.Context(), server.URL(localpg.Superuser, "postgres"), "skai"); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Migrate(t.Context(), server.URL("skai_owner", "skai")); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), server.URL("skai_app", "skai"), 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	deep := func(when string, words ...string) {
		t.Helper()
		_, _, text := healthOf(t, watched(t, db, "1"), "/deep", "") // which looks now
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%s: deep has no %s: %s", when, w, text)
			}
		}
	}
	deep("without", `"log":{"status":"ok"`, "is not archived here")
	conn, err := pgx.Connect(t.Context(), server.URL(localpg.Superuser, "skai"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	if _, err := conn.Exec(t.Context(), `SELECT pg_create_physical_replication_slot('skai_wal_test', true)`); err != nil {
		t.Fatal(err)
	}
	deep("with nobody at the slot", `"log":{"status":"degraded"`, "nobody archives the database's log for skai_wal_test", `"heldBytes":`)
}
