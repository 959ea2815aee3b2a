package app_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vitals"
)

// TestPgBouncerIsTold serves behind a PgBouncer and looks where its pools are told: the
// page, the charts, Prometheus and truth, before anybody asked it and afterwards.
func TestPgBouncerIsTold(t *testing.T) {
	t.Parallel()
	direct := dbtest.New(t)
	through, err := dbtest.NewBouncer(t.Context(), dbtest.URL(direct, "skai_app"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := through.Close(); err != nil {
			t.Error(err)
		}
	})
	db, err := postgres.Open(t.Context(), through.URL("skai_app", direct.Config().ConnConfig.Database), 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	console, err := vitals.ParseBouncer(through.Console())
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a, err := app.New(db, app.Config{Log: slog.New(slog.NewTextHandler(&log, nil)), Version: "test", Vault: testVault(t, db), Files: testFiles(t, db), Bouncer: console, Token: opsToken})
	if err != nil {
		t.Fatal(err)
	}
	owner := comeIn(t, a, dbtest.Org(t, direct, "titan"), tenant.Owner)
	metrics := func(a *app.App) string {
		told := httptest.NewRecorder()
		a.Metrics.Handler().ServeHTTP(told, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		return told.Body.String()
	}
	claims := func() map[string]any {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/health/truth", nil)
		r.Header.Set("Authorization", "Bearer "+opsToken)
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		var body struct {
			Claims []struct {
				Name  string
				Value any
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusOK || strings.Contains(w.Body.String(), dbtest.BouncerSecret) {
			t.Fatalf("%d %v %s", w.Code, err, w.Body)
		}
		found := map[string]any{}
		for _, c := range body.Claims {
			if strings.HasPrefix(c.Name, "pgbouncer.") {
				found[c.Name] = c.Value
			}
		}
		return found
	}
	// Before anybody looked nothing is known, and that is what is told.
	if got := metrics(a); !strings.Contains(got, "skai_pgbouncer_up 0\n") || strings.Contains(got, "skai_pgbouncer_clients{") {
		t.Error(got)
	}
	if got := claims(); len(got) != 5 || got["pgbouncer.servers_active"] != nil {
		t.Error(got)
	}
	if got := owner.send(t, http.MethodGet, "/settings/ops?span=hour", nil).Body; strings.Count(got, "its console does not answer") != 2 {
		t.Error(got)
	}
	while(t, serving(t, a), func() {
		dbtest.Until(t, "PgBouncer was asked", func() bool { _, _, known := console.Last(); return known })
		got := metrics(a)
		for _, want := range []string{"skai_pgbouncer_up 1\n", `skai_pgbouncer_clients{state="active"} `, `skai_pgbouncer_clients{state="waiting"} 0`, `skai_pgbouncer_servers{state="active"} `, `skai_pgbouncer_servers{state="idle"} `, "skai_pgbouncer_max_wait_seconds 0\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("no %s in %s", want, got)
			}
		}
		if got := claims(); len(got) != 5 || got["pgbouncer.clients_waiting"] != 0.0 || got["pgbouncer.clients_active"] == nil {
			t.Error(got)
		}
	})
	page := owner.send(t, http.MethodGet, "/settings/ops?span=day", nil).Body
	for _, want := range []string{"PgBouncer&#39;s servers at work", "that a client has, at most", "PgBouncer&#39;s clients that wait", "for a server, at most; the first for 0.0 s", "Longest wait"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	if strings.Contains(page, "its console does not answer") || strings.Contains(page, dbtest.BouncerSecret) {
		t.Error(page)
	}
	if got := owner.send(t, http.MethodGet, "/settings/ops/series?span=day", nil).Body; !strings.Contains(got, `"bouncerWaiting":[null,`) || !strings.Contains(got, `"bouncerWait":[null,`) {
		t.Error(got)
	}
	// Who has none hears nothing of it.
	without := dbtest.New(t)
	plain := build(t, without)
	other := comeIn(t, plain, dbtest.Org(t, without, "titan"), tenant.Owner)
	for _, got := range []string{metrics(plain), other.send(t, http.MethodGet, "/settings/ops", nil).Body, other.send(t, http.MethodGet, "/settings/ops/series", nil).Body} {
		if strings.Contains(strings.ToLower(got), "bouncer") {
			t.Error(got)
		}
	}
	if strings.Contains(log.String(), dbtest.BouncerSecret) {
		t.Error(log.String())
	}
}
