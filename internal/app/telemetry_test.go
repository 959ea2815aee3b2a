package app_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/trace"
)

// TestMetricsAreNotForCustomers asks for them where customers come in, and at the
// listener of their own.
func TestMetricsAreNotForCustomers(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	owner := comeIn(t, a, dbtest.Org(t, db, "titan"), tenant.Owner)
	nobody := guest{a.Handler(), http.Header{}}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars"} {
		for who, g := range map[string]guest{"the owner": owner, "nobody": nobody} {
			if got := g.send(t, http.MethodGet, path, nil); got.Status != http.StatusNotFound || strings.Contains(got.Body, "go_goroutines") {
				t.Errorf("%s by %s: %d", path, who, got.Status)
			}
		}
	}
	owner.send(t, http.MethodGet, "/claims/01a205b5-ae52-713f-92e0-37b7a6333d61", nil)
	told := httptest.NewRecorder()
	a.Metrics.Handler().ServeHTTP(told, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	for _, want := range []string{`skai_http_request_duration_seconds_count{route="GET /claims/{id}",status="4xx"} 1`, `skai_build_info{commit="",version="test"} 1`} {
		if !strings.Contains(told.Body.String(), want) {
			t.Errorf("no %s in %s", want, told.Body)
		}
	}
}

// traced builds the program so that every trace is kept.
func traced(t *testing.T, db *postgres.DB) *app.App {
	t.Helper()
	a, err := app.New(db, app.Config{Log: slog.New(slog.DiscardHandler), Version: "test", Vault: testVault(t, db), Files: testFiles(t, db), Traces: trace.Config{Rate: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// while serves, so that what is recorded is written down when it ends.
func while(t *testing.T, serve func(context.Context) error, work func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx) }()
	work()
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func serving(t *testing.T, a *app.App) func(context.Context) error {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error { return a.Serve(ctx, l) }
}

// until waits until the query counts something.
func until(t *testing.T, conn *pgx.Conn, query string) {
	t.Helper()
	patience, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for again := time.NewTicker(20 * time.Millisecond); ; <-again.C {
		if n, err := postgres.Value[int](patience, conn, query); err != nil {
			t.Fatal(query, err)
		} else if n > 0 {
			return
		}
	}
}

// TestWhatRequestsDid has requests of two organisations traced, with a job that one
// asks for, and looks at the pages about them.
func TestWhatRequestsDid(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	a := traced(t, db)
	owner, other, member := comeIn(t, a, titan, tenant.Owner), comeIn(t, a, prowest, tenant.Owner), comeIn(t, a, titan, tenant.Member)
	super := dbtest.Super(t, db)
	var answer dbtest.Answer
	while(t, serving(t, a), func() {
		owner.send(t, http.MethodGet, "/claims?q=Quackenbush", nil)
		other.send(t, http.MethodGet, "/contacts", nil)
		answer = owner.send(t, http.MethodPost, "/api/people/invitations", map[string]any{"email": "quackenbush@example.com", "role": "member"})
		guest{a.Handler(), http.Header{}}.send(t, http.MethodPost, "/sign-in", url.Values{"email": {"quackenbush@example.com"}, "password": {"Quackenbush!1"}})
		if _, err := super.Exec(t.Context(), `ALTER TABLE leads RENAME TO gone`); err != nil {
			t.Fatal(err)
		}
		if got := owner.send(t, http.MethodGet, "/leads?q=Quackenbush", nil); got.Status != http.StatusInternalServerError {
			t.Errorf("without its table: %d", got.Status)
		}
		if _, err := super.Exec(t.Context(), `ALTER TABLE gone RENAME TO leads`); err != nil {
			t.Fatal(err)
		}
	})
	if answer.Status != http.StatusOK {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	while(t, a.Work, func() {
		until(t, super, `SELECT count(*)::int FROM river.river_job WHERE kind = 'people.invite' AND state IN ('retryable', 'completed', 'discarded')`)
	})
	list := owner.send(t, http.MethodGet, "/settings/ops/traces", nil)
	for _, want := range []string{"GET /claims", "GET /leads", "POST /api/people/invitations", "failed", "drawn", "job "} {
		if !strings.Contains(list.Body, want) {
			t.Errorf("no %q in %s", want, list.Body)
		}
	}
	if strings.Contains(list.Body, "GET /contacts") {
		t.Error("another's request is in the list")
	}
	failed := owner.send(t, http.MethodGet, "/settings/ops/traces?kept=failed&q=leads", nil).Body
	link := regexp.MustCompile(`/settings/ops/traces/[0-9a-f-]{36}`)
	one := link.FindString(failed)
	if one == "" || strings.Contains(failed, "GET /claims") {
		t.Fatal(failed)
	}
	for _, want := range []string{"GET /leads", "sk-waterfall-bar", "42P01", "SELECT", "FROM leads", "Request number"} {
		if got := owner.send(t, http.MethodGet, one, nil); got.Status != http.StatusOK || !strings.Contains(got.Body, want) {
			t.Errorf("no %q: %d %s", want, got.Status, got.Body)
		}
	}
	// The job leads to the request, and the request to the job.
	job := link.FindString(owner.send(t, http.MethodGet, "/settings/ops/traces?q=job", nil).Body)
	page := owner.send(t, http.MethodGet, job, nil).Body
	asked := strings.ReplaceAll(page, job, "")
	if asking := link.FindString(asked); !strings.Contains(page, "Asked for by") || !strings.Contains(owner.send(t, http.MethodGet, asking, nil).Body, job) {
		t.Errorf("the job's trace: %s", page)
	}
	if csv := owner.send(t, http.MethodGet, "/settings/ops/traces.csv?kept=failed", nil).Body; !strings.Contains(csv, "GET /leads,500,") || strings.Contains(csv, "GET /claims") {
		t.Error(csv)
	}
	for path, want := range map[string]int{"/settings/ops/traces?kept=boring": 422, "/settings/ops/traces?sort=at": 422, "/settings/ops/traces?cursor=x": 422, "/settings/ops/traces/01a205b5-ae52-713f-92e0-37b7a6333d61": 404} {
		if got := owner.send(t, http.MethodGet, path, nil); got.Status != want {
			t.Errorf("%s: %d", path, got.Status)
		}
	}
	if got := other.send(t, http.MethodGet, one, nil); got.Status != http.StatusNotFound {
		t.Errorf("by another organisation: %d", got.Status)
	}
	if got := member.send(t, http.MethodGet, one, nil); got.Status != http.StatusForbidden {
		t.Errorf("by a member: %d", got.Status)
	}
	// Nobody is named anywhere.
	for _, table := range []string{"traces", "system_traces"} {
		if n, err := postgres.Value[int](t.Context(), super, `SELECT count(*)::int FROM `+table+` t WHERE t::text ~* 'quackenbush|owner of|example\.com'`); err != nil || n != 0 {
			t.Errorf("%d rows of %s name somebody, %v", n, table, err)
		}
	}
	if n, err := postgres.Value[int](t.Context(), super, `SELECT count(*)::int FROM system_traces WHERE name = 'POST /sign-in'`); err != nil || n != 1 {
		t.Errorf("%d traces of signing in, %v", n, err)
	}
}

// TestErrorsOfAnOrganisation has requests and a job fail, and looks at the pages about
// it as its people, as another's, and as those who may only look.
func TestErrorsOfAnOrganisation(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	a := build(t, db)
	owner, other, member := comeIn(t, a, titan, tenant.Owner), comeIn(t, a, prowest, tenant.Owner), comeIn(t, a, titan, tenant.Member)
	super := dbtest.Super(t, db)
	breaking := func() {
		t.Helper()
		if _, err := super.Exec(t.Context(), `ALTER TABLE leads RENAME TO gone`); err != nil {
			t.Fatal(err)
		}
		for _, g := range []guest{owner, owner, member} {
			if got := g.send(t, http.MethodGet, "/api/leads?q=Quackenbush", nil); got.Status != http.StatusInternalServerError {
				t.Errorf("%d %s", got.Status, got.Body)
			}
		}
		if _, err := super.Exec(t.Context(), `ALTER TABLE gone RENAME TO leads`); err != nil {
			t.Fatal(err)
		}
	}
	while(t, serving(t, a), func() {
		breaking()
		owner.send(t, http.MethodPost, "/api/people/invitations", map[string]any{"email": "quackenbush@example.com", "role": "member"})
		owner.send(t, http.MethodGet, "/claims/01a205b5-ae52-713f-92e0-37b7a6333d61", nil) // a refusal is no error
	})
	while(t, a.Work, func() {
		until(t, super, `SELECT count(*)::int FROM river.river_job WHERE kind = 'people.invite' AND state = 'retryable'`)
	})
	const at = "/settings/ops/errors"
	list := owner.send(t, http.MethodGet, at, nil).Body
	for _, want := range []string{"GET /api/leads", "database: 42P01", "job people.invite", "open"} {
		if !strings.Contains(list, want) {
			t.Errorf("no %q in %s", want, list)
		}
	}
	if strings.Contains(list, "/claims/{id}") || strings.Contains(list, "uackenbush") {
		t.Error("a refusal or a name is in the list")
	}
	one := regexp.MustCompile(at + `/[0-9a-f-]{36}`).FindString(owner.send(t, http.MethodGet, at+"?q=leads", nil).Body)
	page := owner.send(t, http.MethodGet, one, nil).Body
	for _, want := range []string{"42P01", "Mark as resolved", "*pgconn.PgError", "What the failed requests did"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	if csv := owner.send(t, http.MethodGet, at+".csv?q=leads", nil).Body; !strings.Contains(csv, "GET /api/leads,database,42P01,") || !strings.Contains(csv, ",3,2,") {
		t.Error(csv) // three times, two people
	}
	for who, g := range map[string]guest{"another organisation": other, "a member": member} {
		want := map[string]int{"another organisation": http.StatusNotFound, "a member": http.StatusForbidden}[who]
		for _, r := range [][2]string{{http.MethodGet, one}, {http.MethodPost, one + "/resolve"}, {http.MethodPost, one + "/reopen"}} {
			if got := g.send(t, r[0], r[1], url.Values{}); got.Status != want {
				t.Errorf("%s %s by %s: %d", r[0], r[1], who, got.Status)
			}
		}
	}
	if got := owner.send(t, http.MethodPost, one+"/resolve", url.Values{}); got.Status != http.StatusSeeOther {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	if open, done := owner.send(t, http.MethodGet, at, nil).Body, owner.send(t, http.MethodGet, at+"?state=resolved", nil).Body; strings.Contains(open, "GET /api/leads") || !strings.Contains(done, "GET /api/leads") {
		t.Error("it is not where resolved ones are")
	}
	while(t, serving(t, a), breaking)
	if got := owner.send(t, http.MethodGet, one, nil).Body; !strings.Contains(got, "came back") || !strings.Contains(got, "Mark as resolved") {
		t.Errorf("it was seen again: %s", got)
	}
	for path, want := range map[string]int{at + "?state=odd": 422, at + "?sort=at": 422, at + "/01a205b5-ae52-713f-92e0-37b7a6333d61": 404} {
		if got := owner.send(t, http.MethodGet, path, nil); got.Status != want {
			t.Errorf("%s: %d", path, got.Status)
		}
	}
}
