package proof_test

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/proof"
	"github.com/skaiscraper/skai/internal/proof/report"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// prove makes the proof of the program behind a handler that may spoil it, of the routes
// that begin so.
func prove(t *testing.T, db *postgres.DB, begin string, spoil func(h http.Handler) http.Handler) *report.Report {
	t.Helper()
	blobs := dbtest.Blobs(t, db, filepath.Join(t.TempDir(), "blobs"))
	a, err := app.New(db, app.Config{Log: slog.New(slog.DiscardHandler), Version: "test", Hurried: true, Vault: dbtest.Vault(t, db), Files: blobs})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(spoil(a.Handler()))
	t.Cleanup(server.Close)
	routes := slices.DeleteFunc(a.Routes(), func(r web.Route) bool { return !strings.HasPrefix(r.Pattern, begin) })
	r, err := proof.Run(t.Context(), proof.Target{
		URL: server.URL, Version: "test", Routes: routes, DB: db, Orgs: a.Orgs, People: a.People, Files: blobs,
		Say: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := a.Orgs.List(t.Context())
	if err != nil || len(list) != 0 {
		t.Errorf("canaries are left: %v, %v", list, err)
	}
	return r
}

// TestNobodyGetsInWhereTheyDontBelong is the proof of this program.
func TestNobodyGetsInWhereTheyDontBelong(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	trail := newTrail(t, db)
	r := prove(t, db, "/", trail.watch)
	trail.check(t, r.ByRoute)
	for _, s := range r.Surprises {
		t.Errorf("%s, %s, %s: %s", s.What, s.Actor, s.Place, s.Words)
	}
	if r.Tried+r.Static != r.Routes || r.Tried < 90 || len(r.ByTable) < 20 || r.Attempts < 7000 {
		t.Errorf("too little was tried: %d of %d routes, %d tables, %d attempts", r.Tried, r.Routes, len(r.ByTable), r.Attempts)
	}
	for _, route := range r.ByRoute {
		if route.Audience != "public" && (route.Actors["key of every scope"] == 0 || route.Actors["own key that may see records"] == 0 || route.Actors["revoked key"] == 0) {
			t.Errorf("%s %s: no key tried it: %v", route.Method, route.Pattern, route.Actors)
		}
		if route.Attempts == 0 || route.Audience != "public" && (len(route.Actors) < 10 || route.Admitted == 0 && route.Audience != "operator" && route.Pattern != "/settings/factors/{id}/remove") {
			t.Errorf("%s %s: %d attempts by %v, %d of its own people were let in", route.Method, route.Pattern, route.Attempts, route.Actors, route.Admitted)
		}
	}
	t.Logf("%d routes, %d attempts, %d of them statements, in %.0f s", r.Routes, r.Attempts, r.Statements, r.Seconds)
	var page, data bytes.Buffer
	if err := r.WriteHTML(&page); err != nil || !strings.Contains(page.String(), "Every attempt ended as it must.") {
		t.Errorf("the page: %v", err)
	}
	if err := r.WriteJSON(&data); err != nil || !strings.Contains(data.String(), `"surprises": []`) {
		t.Errorf("the JSON: %v", err)
	}
}

// spoilt are ways in which a program could let people in, each with the words by
// which the proof has to find it.
var spoilt = map[string]struct {
	begin string // of the routes that it spoils
	spoil func(h http.Handler) http.Handler
	words string
}{
	"another answer where the id exists": {"/contacts", func(h http.Handler) http.Handler {
		var known sync.Map // what somebody was shown exists
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/contacts/") {
				h.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, r)
			if answer.Code == http.StatusOK {
				known.Store(r.URL.Path, true)
			}
			if _, exists := known.Load(r.URL.Path); exists && answer.Code == http.StatusNotFound {
				http.Error(w, "This contact belongs to somebody else.", http.StatusForbidden)
				return
			}
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		})
	}, "403, not 404"},
	"everybody is the last who signed in": {"/claims", func(h http.Handler) http.Handler {
		var cookie string
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/claims" && r.Method == http.MethodGet { // a page that a cache keeps for everybody
				if cookie == "" {
					cookie = r.Header.Get("Cookie")
				}
				r.Header.Set("Cookie", cookie)
			}
			h.ServeHTTP(w, r)
		})
	}, "want the door"},
}

func TestTheProofFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range spoilt {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, s := range prove(t, dbtest.New(t), c.begin, c.spoil).Surprises {
				if strings.Contains(s.Words, c.words) {
					return
				}
			}
			t.Errorf("no surprise says %q", c.words)
		})
	}
}
