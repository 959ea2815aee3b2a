package app_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

const opsToken = "an-operator-token-of-24-characters"

// watched is a program of which a test asks how it is.
func watched(t *testing.T, db *postgres.DB, version string) http.Handler {
	t.Helper()
	a, err := app.New(db, app.Config{Log: slog.New(slog.DiscardHandler), Version: version, Commit: "abc", Token: opsToken, Files: testFiles(t, db)})
	if err != nil {
		t.Fatal(err)
	}
	return a.Handler()
}

// healthOf asks for one of the six, as whoever has a token.
func healthOf(t *testing.T, h http.Handler, path, token string) (int, map[string]any, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/api/health"+path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%s: %v: %s", path, err, w.Body)
	}
	return w.Code, body, w.Body.String()
}

func TestHealth(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	h := watched(t, db, "1.2.3")
	for path, words := range map[string][]string{
		"": {`"status":"ok"`, `"version":"1.2.3"`, `"checkedAt"`}, "/live": {`"status":"ok"`, `"commit":"abc"`, `"uptime"`, `"database":{"ok":true,"latencyMs"`, `"heapUsedMB"`, `"rssMB"`},
		"/ready": {`"status":"ok"`}, "/deep": {`"connected":true`, `"queue":{`, `"depth":0`, `"oldestSeconds"`, `"queues":[{"name":"alerts","depth":0,"oldestSeconds":0,"lateAfterSeconds":60,"deadLetters":0}`, `"storage":{"status":"ok"`, `"mail"`, `"integrations":[]`, `"cache":null`},
	} {
		code, _, text := healthOf(t, h, path, "")
		if code != http.StatusOK {
			t.Errorf("%q: %d %s", path, code, text)
		}
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%q has no %s: %s", path, w, text)
			}
		}
	}
	// What is wrong is found by the look of another process that begins now.
	_, appURL := dbtest.Bare(t)
	bare, err := postgres.Open(t.Context(), appURL, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bare.Close)
	without, err := app.New(bare, app.Config{Log: slog.New(slog.DiscardHandler), Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if code, _, text := healthOf(t, without.Handler(), "/ready", ""); code != http.StatusServiceUnavailable || !strings.Contains(text, "run skai migrate") {
		t.Errorf("without a schema: %d %s", code, text)
	}
	away := watched(t, db, "1.2.3")
	db.Close()
	for path, want := range map[string]int{"/live": 200, "": 200, "/ready": 503, "/deep": 503} {
		code, body, text := healthOf(t, away, path, "")
		if code != want || path == "/ready" && !strings.Contains(text, `"database.away"`) || path == "/deep" && body["status"] != "down" || path == "/live" && !strings.Contains(text, `"ok":false`) {
			t.Errorf("%q without a database: %d %s", path, code, text)
		}
	}
}

// TestAnyoneMayPollHealth asks a thousand times at once: the database is looked at
// once for all of them.
func TestAnyoneMayPollHealth(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	h := watched(t, db, "1")
	healthOf(t, h, "/deep", "")
	before := db.Stat().AcquireCount()
	var all sync.WaitGroup
	for range 250 {
		all.Go(func() {
			for _, path := range []string{"", "/live", "/ready", "/deep"} {
				if code, _, text := healthOf(t, h, path, ""); code != http.StatusOK {
					t.Errorf("%q: %d %s", path, code, text)
				}
			}
		})
	}
	all.Wait()
	if n := db.Stat().AcquireCount() - before; n != 0 {
		t.Errorf("a thousand answers took %d connections", n)
	}
}

func TestDriftAndTruthAreTheOperators(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	dbtest.Org(t, db, "titan")
	h := watched(t, db, "1")
	for _, path := range []string{"/drift", "/truth"} {
		for _, token := range []string{"", "another-token-of-24-characters", opsToken + "x"} {
			if code, _, text := healthOf(t, h, path, token); code != http.StatusNotFound {
				t.Errorf("%s with %q: %d %s", path, token, code, text)
			}
		}
	}
	code, body, text := healthOf(t, h, "/drift", opsToken)
	if code != 200 || body["status"] != "ok" || len(body["others"].([]any)) != 0 || len(body["rules"].([]any)) != 5 || strings.Contains(text, `"ok":false`) {
		t.Errorf("alone: %d %s", code, text)
	}
	// Another version beside it, and a table without row security, are named.
	other := watched(t, db, "2")
	healthOf(t, other, "/deep", "")
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `ALTER TABLE claims NO FORCE ROW LEVEL SECURITY`); err != nil {
		t.Fatal(err)
	}
	_, body, text = healthOf(t, h, "/drift", opsToken)
	if body["status"] != "degraded" || len(body["others"].([]any)) != 1 || !strings.Contains(text, "the version of") || !strings.Contains(text, `"breaks":["claims"]`) {
		t.Errorf("beside another: %s", text)
	}
	code, body, text = healthOf(t, h, "/truth", opsToken)
	claims, _ := body["claims"].([]any)
	if code != 200 || len(claims) < 20 || !strings.Contains(text, `{"name":"organisations","value":1,`) || strings.Contains(text, opsToken) {
		t.Errorf("%d, %d claims: %s", code, len(claims), text)
	}
	for _, c := range claims {
		if c := c.(map[string]any); c["how"] == "" || c["measuredAt"] == "" {
			t.Errorf("%v does not say how or when", c)
		}
	}
}
