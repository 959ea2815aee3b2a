package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/tenant"
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
