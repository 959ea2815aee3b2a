package app_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/uptime"
)

// TestRequestsAreMeasured serves two organisations, and tells each of its own
// requests what they were like.
func TestRequestsAreMeasured(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	a := build(t, db)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	owner, other, member := comeIn(t, a, titan, tenant.Owner), comeIn(t, a, prowest, tenant.Owner), comeIn(t, a, titan, tenant.Member)
	for range 7 {
		owner.send(t, http.MethodGet, "/claims", nil)
	}
	owner.send(t, http.MethodGet, "/claims/01a205b5-ae52-713f-92e0-37b7a6333d61", nil)
	other.send(t, http.MethodGet, "/leads", nil)
	stop() // what was seen last is written down before it ends
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	type answer struct {
		Completeness float64
		All          struct {
			Requests, Refusals, Failures int64
			P50                          float64 `json:"p50_ms"`
			P99                          float64 `json:"p99_ms"`
			Queries                      float64 `json:"queries_per_request"`
		}
		Routes []struct {
			Route    string
			Requests int64
		}
		Objectives []struct {
			Name string
			Met  *bool
			Left *float64 `json:"budget_left"`
		}
		Unknown []string
		Uptime  *float64
	}
	get := func(g guest, query string) (a answer, status int) {
		t.Helper()
		got := g.send(t, http.MethodGet, "/api/enterprise/metrics"+query, nil)
		if err := json.Unmarshal([]byte(got.Body), &a); err != nil {
			t.Fatalf("%v: %s", err, got.Body)
		}
		return a, got.Status
	}
	mine, _ := get(owner, "")
	if mine.All.Requests != 8 || mine.All.Refusals != 1 || mine.All.Failures != 0 || mine.All.P50 <= 0 || mine.All.P99 < mine.All.P50 || mine.All.Queries <= 0 ||
		len(mine.Routes) != 2 || len(mine.Objectives) != 2 || mine.Objectives[0].Met == nil || !*mine.Objectives[0].Met || mine.Objectives[0].Left != nil || mine.Objectives[1].Left == nil || *mine.Objectives[1].Left != 1 || len(mine.Unknown) != 3 || mine.Uptime != nil || mine.Completeness > 0.001 {
		t.Errorf("%+v", mine)
	}
	for _, r := range mine.Routes {
		if r.Route == "GET /claims" && r.Requests != 7 || strings.Contains(r.Route, "leads") {
			t.Errorf("%+v", r)
		}
	}
	if theirs, _ := get(other, ""); theirs.All.Requests != 1 || len(theirs.Routes) != 1 || theirs.Routes[0].Route != "GET /leads" {
		t.Errorf("%+v", theirs)
	}
	// The page, its live part and its download say the same.
	for path, words := range map[string][]string{
		"/settings/ops":           {"Service level", "GET /claims", "p95; the objective is 2 s", "100 % of its error budget is left", `hx-get="/settings/ops/live?span=day"`, "Up, seen from outside", "no probe looked"},
		"/settings/ops?span=hour": {"GET /claims", "The last hour"}, "/settings/ops/live?span=month": {`id="level"`, "GET /claims"},
		"/settings/ops.csv?span=day": {"all together,8,0,1,", "GET /claims,7,0,0,"},
	} {
		got := owner.send(t, http.MethodGet, path, nil)
		for _, w := range words {
			if got.Status != http.StatusOK || !strings.Contains(got.Body, w) || strings.Contains(got.Body, "GET /leads") {
				t.Errorf("%s has no %q, or another's requests: %d %s", path, w, got.Status, got.Body)
			}
		}
		if status := member.send(t, http.MethodGet, path, nil).Status; status != http.StatusForbidden {
			t.Errorf("%s by a member: %d", path, status)
		}
	}
	// Before there was anything, nothing is made up.
	before, _ := get(owner, "?from="+time.Now().Add(-48*time.Hour).UTC().Format(time.RFC3339)+"&to="+time.Now().Add(-24*time.Hour).UTC().Format(time.RFC3339))
	if before.All.Requests != 0 || before.Completeness != 0 || before.Objectives[0].Met != nil || before.Objectives[1].Left != nil {
		t.Errorf("%+v", before)
	}
	for query, want := range map[string]int{"?from=2020-01-01T00:00:00Z": 422, "?from=2030-01-01T00:00:00Z": 422, "?from=yesterday": 422} {
		if _, status := get(owner, query); status != want {
			t.Errorf("%s: %d", query, status)
		}
	}
	if _, status := get(member, ""); status != http.StatusForbidden {
		t.Errorf("a member: %d", status)
	}
}

// TestUptimeIsWhatAProbeSaw runs a probe against a program that serves, and shows what
// it saw on the page for everybody.
func TestUptimeIsWhatAProbeSaw(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	p, stranger := t.TempDir(), t.TempDir()
	server := httptest.NewUnstartedServer(nil)
	at := "http://" + server.Listener.Addr().String()
	mine, err := uptime.NewProbe(at, p)
	if err != nil {
		t.Fatal(err)
	}
	other, err := uptime.NewProbe(at, stranger)
	if err != nil {
		t.Fatal(err)
	}
	key, err := uptime.ParseKey(mine.Key())
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(db, app.Config{Log: slog.New(slog.DiscardHandler), Version: "test", Files: testFiles(t, db), Probes: []ed25519.PublicKey{key}})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = a.Handler()
	server.Start()
	t.Cleanup(server.Close)
	if w := ask(t, a.Handler(), http.MethodGet, "/status"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "whether it is up is unknown here") || strings.Count(w.Body.String(), "unknown, nobody looked") != 180 {
		t.Errorf("before anybody looked: %d, %d days", w.Code, strings.Count(w.Body.String(), "unknown, nobody looked"))
	}
	for _, probe := range []*uptime.Probe{other, mine} { // one that is not known, and one that is
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
		if err := probe.Run(ctx, 100*time.Millisecond, nil, t.Logf); err != nil {
			t.Error(err)
		}
		stop()
		again, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // brings the minute that was under way
		fresh, err := uptime.NewProbe(at, map[bool]string{true: p, false: stranger}[probe == mine])
		if err == nil {
			err = fresh.Run(again, 100*time.Millisecond, nil, t.Logf)
		}
		cancel()
		if err != nil {
			t.Error(err)
		}
	}
	type row struct{ Up, Down int }
	rows, err := postgres.Many[row](t.Context(), dbtest.Super(t, db), `SELECT up, down FROM probe_minutes`)
	if err != nil || len(rows) == 0 || rows[0].Up == 0 || rows[0].Down != 0 {
		t.Fatalf("%v, %v", rows, err)
	}
	if n, err := postgres.Value[int](t.Context(), dbtest.Super(t, db), `SELECT count(DISTINCT probe)::int FROM probe_minutes`); err != nil || n != 1 {
		t.Errorf("%d probes were taken, %v", n, err)
	}
	if w := ask(t, a.Handler(), http.MethodGet, "/status"); !strings.Contains(w.Body.String(), "It is up: every look") || !strings.Contains(w.Body.String(), "100 % of ") {
		t.Errorf("after: %s", w.Body)
	}
	got := comeIn(t, a, titan, tenant.Owner).send(t, http.MethodGet, "/api/enterprise/metrics", nil)
	if !strings.Contains(got.Body, `"uptime":1,`) || !strings.Contains(got.Body, `"name":"uptime","limit":0.995,"value":1,"met":true,"budget_left":1}`) || strings.Contains(got.Body, `"uptime_known":1,`) {
		t.Errorf("%s", got.Body)
	}
	for _, body := range []string{"", "{}", `{"key":"AAAA"}`, `{"key":"` + other.Key() + `","minutes":[]}`} {
		r := httptest.NewRequest(http.MethodPost, "/api/probe", strings.NewReader(body))
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusForbidden && w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", body, w.Code)
		}
	}
}
