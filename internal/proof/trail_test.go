package proof_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/proof/report"
)

// trail looks, after each request of the proof that changed something, at the
// events it left.
type trail struct {
	super *pgx.Conn

	mu     sync.Mutex
	events map[string][]string // by request id: "org action kind", in their order
	errs   []error
	sent   []written
}

type written struct{ method, path, request string }

func newTrail(t *testing.T, db *postgres.DB) *trail {
	t.Helper()
	return &trail{super: dbtest.Super(t, db), events: map[string][]string{}}
}

func (tr *trail) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &status{ResponseWriter: w}
		h.ServeHTTP(answer, r)
		if r.Method == http.MethodGet || answer.code >= http.StatusBadRequest {
			return
		}
		request := w.Header().Get("X-Request-Id")
		tr.mu.Lock()
		defer tr.mu.Unlock()
		list, err := postgres.Values[string](context.Background(), tr.super, `
			SELECT org_id || ' ' || action FROM audit_events WHERE request_id = $1 AND org_id <> '00000000-0000-0000-0000-000000000000' ORDER BY org_id, number`, request)
		if err != nil {
			tr.errs = append(tr.errs, err)
		}
		tr.events[request] = list
		tr.sent = append(tr.sent, written{r.Method, r.URL.Path, request})
	})
}

// status notes what was answered.
type status struct {
	http.ResponseWriter

	code int
}

func (s *status) WriteHeader(code int) {
	if s.code == 0 {
		s.code = code
	}
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// check finds requests that left an event of another name, or more than one in an
// organisation. What ends or opens sessions on the way is said by the sessions.
// That each route leaves one is for TestEveryWriteLeavesOneEvent of app.
func (tr *trail) check(t *testing.T, routes []*report.RouteResult) {
	t.Helper()
	for _, err := range tr.errs {
		t.Error(err)
	}
	mux := http.NewServeMux()
	for _, r := range routes {
		if r.Method != "table" {
			mux.HandleFunc(r.Method+" "+r.Pattern, func(http.ResponseWriter, *http.Request) {})
		}
	}
	explained := map[string]bool{}
	for _, w := range tr.sent {
		req, err := http.NewRequestWithContext(t.Context(), w.method, "http://x"+w.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, route := mux.Handler(req)
		method, pattern, _ := strings.Cut(route, " ")
		want := audit.ActionOf(method, pattern)
		perOrg := map[string]int{}
		for _, e := range tr.events[w.request] {
			org, action, _ := strings.Cut(e, " ")
			if strings.HasPrefix(action, "session.") && action != want {
				continue
			}
			if perOrg[org]++; perOrg[org] > 1 || action != want {
				t.Errorf("%s left the events %v, not one %q", route, tr.events[w.request], want)
			}
			explained[route] = true
		}
	}
	if len(explained) < 25 {
		t.Errorf("only %d routes left an event", len(explained))
	}
}
