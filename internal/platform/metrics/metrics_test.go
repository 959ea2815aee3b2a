package metrics_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/metrics"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestOnlyAddressesThatNobodyOutsideReaches(t *testing.T) {
	t.Parallel()
	for typed, words := range map[string]string{
		"127.0.0.1:9090": "", "localhost:9090": "", "[::1]:9090": "", "10.1.2.3:9090": "", "192.168.0.4:1": "", "[fd00::1]:9090": "",
		":9090": "can be reached from outside", "0.0.0.0:9090": "can be reached from outside", "[::]:9090": "can be reached from outside",
		"203.0.113.7:9090": "can be reached from outside", "[2001:db8::1]:9090": "can be reached from outside", "[::ffff:8.8.8.8]:9090": "can be reached from outside",
		"metrics.example:9090": "no address of this machine", "127.0.0.1": "no address of this machine", "127.0.0.1:many": "no address of this machine", "": "no address of this machine",
	} {
		err := metrics.CheckAddress(typed)
		if words == "" && err != nil || words != "" && (err == nil || !strings.Contains(err.Error(), words)) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

// TestWhatIsToldToPrometheus serves it, as the program does.
func TestWhatIsToldToPrometheus(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `INSERT INTO river.river_job (kind, args, max_attempts, state, scheduled_at) VALUES ('x', '{}', 1, 'available', now() - interval '1 hour'), ('x', '{}', 1, 'retryable', now() + interval '1 hour')`); err != nil {
		t.Fatal(err)
	}
	m := metrics.New(db, "v1", "abc", slog.New(slog.DiscardHandler))
	m.Observe("GET /claims/{id}", 200, 3*time.Millisecond)
	m.Observe("GET /claims/{id}", 204, 3*time.Second)
	m.Observe("GET /claims/{id}", 503, time.Minute)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Serve(ctx, l) }()
	get := func(path string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	status, text := get("/metrics")
	for _, want := range []string{
		`skai_http_request_duration_seconds_bucket{route="GET /claims/{id}",status="2xx",le="0.005"} 1`, `skai_http_request_duration_seconds_count{route="GET /claims/{id}",status="2xx"} 2`,
		`skai_http_request_duration_seconds_count{route="GET /claims/{id}",status="5xx"} 1`, `skai_build_info{commit="abc",version="v1"} 1`,
		`skai_jobs{state="available"} 1`, `skai_jobs{state="retryable"} 1`, `skai_jobs{state="running"} 0`, `skai_job_oldest_seconds{state="retryable"} 0`, `skai_job_oldest_seconds{state="available"} 36`,
		"skai_db_pool_acquired_connections ", "skai_db_pool_idle_connections ", "skai_db_pool_max_connections ", "skai_db_pool_waits_total ", "skai_db_pool_wait_seconds_total ",
		"go_goroutines ", "process_resident_memory_bytes ",
	} {
		if status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%d, without %s in:\n%s", status, want, text)
		}
	}
	for path, want := range map[string]int{"/debug/pprof/": 200, "/debug/pprof/heap?debug=1": 200, "/debug/pprof/goroutine?debug=1": 200, "/debug/pprof/cmdline": 404, "/": 404} {
		if status, _ := get(path); status != want {
			t.Errorf("%s: %d", path, status)
		}
	}
	// Without a database the rest is still told.
	db.Close()
	if status, text := get("/metrics"); status != http.StatusOK || !strings.Contains(text, "go_goroutines ") || strings.Contains(text, "skai_jobs{") {
		t.Errorf("without a database: %d %s", status, text)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
