package app_test

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/sms"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vault"
	"github.com/skaiscraper/skai/internal/platform/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

// testVault is the vault of a test's database, where there is one.
func testVault(t *testing.T, db *postgres.DB) *vault.Vault {
	t.Helper()
	if db == nil {
		return nil
	}
	return dbtest.Vault(t, db)
}

func testFiles(t *testing.T, db *postgres.DB) *blob.Store {
	t.Helper()
	if db == nil {
		return nil
	}
	return dbtest.Blobs(t, db, t.TempDir())
}

func build(t *testing.T, db *postgres.DB) *app.App {
	t.Helper()
	return buildWith(t, db, testFiles(t, db))
}

func buildWith(t *testing.T, db *postgres.DB, files *blob.Store) *app.App {
	t.Helper()
	inside, err := outbound.Inside("127.0.0.1") // where tests have their identity providers
	if err != nil {
		t.Fatal(err)
	}
	messages, err := sms.New(sms.Config{Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(db, app.Config{SMS: messages, Log: slog.New(slog.DiscardHandler), Version: "test", Vault: testVault(t, db), Files: files, Outbound: inside, DNS: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestRoutes keeps the list of everything the program answers where a review sees it.
func TestRoutes(t *testing.T) {
	t.Parallel()
	table := build(t, nil).RouteTable()
	if !strings.Contains(table, " 100 % registered through one door") {
		t.Error("a route is not answered as it was registered")
	}
	const golden = "testdata/routes.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(table), 0o644); err != nil { //nolint:gosec // a source file
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), table); diff != "" {
		t.Errorf("the routes changed; if that is meant, run go test ./internal/app -run TestRoutes -update\n%s", diff)
	}
}

// ask sends a request without a network.
func ask(t *testing.T, h http.Handler, method, target string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// address fills a route's pattern with something that can't be there.
func address(r web.Route) string {
	path := strings.NewReplacer("{$}", "", "{file}", "0b5a6b.css", "{token}", "x").Replace(r.Pattern)
	for strings.Contains(path, "{") {
		before, rest, _ := strings.Cut(path, "{")
		_, after, _ := strings.Cut(rest, "}")
		path = before + "01a205b5-ae52-713f-92e0-37b7a6333d61" + after
	}
	return path
}

func TestNothingOpensWithoutSigningIn(t *testing.T) {
	t.Parallel()
	a := build(t, dbtest.Shared(t))
	forged := &http.Cookie{Name: "session", Value: "made-up"} //nolint:gosec // a request's cookie has no attributes
	checked := 0
	for _, r := range a.Routes() {
		if r.Audience == web.Public {
			continue
		}
		for _, cookies := range [][]*http.Cookie{nil, {forged}} {
			checked++
			w := ask(t, a.Handler(), r.Method, address(r), cookies...)
			if r.Audience == web.Operator {
				if w.Code != http.StatusNotFound {
					t.Errorf("%s %s: %d %s", r.Method, r.Pattern, w.Code, w.Body)
				}
				continue
			}
			if r.Kind == web.KindAPI {
				var p web.Problem
				if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusUnauthorized || p.Code != "unauthenticated" ||
					w.Header().Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s %s: %d %s", r.Method, r.Pattern, w.Code, w.Body)
				}
			} else if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/sign-in") {
				t.Errorf("%s %s: %d to %q", r.Method, r.Pattern, w.Code, w.Header().Get("Location"))
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d requests were tried", checked)
	}
}

// session signs the person of a role in and gives their cookie.
func session(t *testing.T, a *app.App, c dbtest.Contractor, role tenant.Role) *http.Cookie {
	t.Helper()
	c.As(t, role)
	form := url.Values{"email": {c.Email(role)}, "password": {dbtest.Password}}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-in", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		if cookie.Name == "session" {
			return cookie
		}
	}
	t.Fatalf("no session: %d %s", w.Code, w.Body)
	return nil
}

// A viewer may do least: every route that asks for more has to refuse them.
func TestAViewerIsRefusedWhereARouteAsksForMore(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	a := build(t, db)
	cookie := session(t, a, dbtest.Org(t, db, "titan"), tenant.Viewer)
	checked := 0
	for _, r := range a.Routes() {
		if r.Permission == "" || r.Permission == "records.view" {
			continue
		}
		checked++
		if w := ask(t, a.Handler(), r.Method, address(r), cookie); w.Code != http.StatusForbidden {
			t.Errorf("%s %s asks for %s and answers a viewer %d", r.Method, r.Pattern, r.Permission, w.Code)
		}
	}
	if checked == 0 {
		t.Error("no route asks for a permission")
	}
}

func TestTheStartPageIsForEverybody(t *testing.T) {
	t.Parallel()
	w := ask(t, build(t, nil).Handler(), http.MethodGet, "/")
	if w.Code != http.StatusOK || w.Body.Len() < 1024 || !strings.Contains(w.Body.String(), "/sign-in") {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	super := dbtest.Super(t, db)
	session(t, a, dbtest.Org(t, db, "titan"), tenant.Owner)
	if _, err := super.Exec(t.Context(), `UPDATE sessions SET expires_at = now() - interval '31 days'`); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Work(ctx) }()
	patience, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for again := time.NewTicker(50 * time.Millisecond); ; <-again.C {
		left, err := postgres.Value[int](patience, super, `SELECT ((SELECT count(*) FROM sessions) + (SELECT count(*) FROM river.river_job WHERE state <> 'completed'))::int`)
		if err != nil {
			t.Fatalf("%d old sessions and jobs are left: %v", left, err)
		}
		if left == 0 {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	type job struct{ Kind, State string }
	jobs, err := postgres.Many[job](t.Context(), super, `SELECT kind, state::text AS state FROM river.river_job ORDER BY 1`)
	if diff := cmp.Diff([]job{{"audit.prune", "completed"}, {"audit.push", "completed"}, {"audit.seal", "completed"}, {"identity.purge_sessions", "completed"}, {"incidents.evaluate", "completed"}, {"mail.prune", "completed"}, {"measure.roll", "completed"}, {"reports.weekly", "completed"}}, jobs); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestServeStopsWhenItIsTold(t *testing.T) {
	t.Parallel()
	a := build(t, dbtest.Shared(t))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	get := func() (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+"/api/health/live", nil)
		if err != nil {
			return "", err
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return "", err
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		return string(body), err
	}
	if body, err := get(); err != nil || !strings.Contains(body, "ok") {
		t.Errorf("got %q, %v", body, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := get(); err == nil {
		t.Error("it still answers")
	}
	if err := a.Serve(t.Context(), l); err == nil {
		t.Error("served on a closed listener")
	}
}
