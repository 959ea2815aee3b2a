package uptime_test

import (
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/uptime"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// watched is a program that is well or not, and takes what probes bring or not.
type watched struct {
	*httptest.Server

	well, takes atomic.Bool
	looks       atomic.Int64
	brought     chan uptime.Brought
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{brought: make(chan uptime.Brought, 100)}
	w.well.Store(true)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health/ready", func(rw http.ResponseWriter, _ *http.Request) {
		w.looks.Add(1)
		if !w.well.Load() {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("POST "+uptime.BringPath, func(rw http.ResponseWriter, r *http.Request) {
		if !w.takes.Load() {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var b uptime.Brought
		raw, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(raw, &b); err != nil {
			rw.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		w.brought <- b
		rw.WriteHeader(http.StatusNoContent)
	})
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Close)
	return w
}

// TestAProbeLosesNothing has a probe look at a program that is well, then not, then
// gone, and takes none of it; a second probe of the same folder brings it all.
func TestAProbeLosesNothing(t *testing.T) {
	t.Parallel()
	db, w, folder := dbtest.New(t), newWatched(t), t.TempDir()
	p, err := uptime.NewProbe(w.URL+"/", folder)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now().UTC().Truncate(time.Minute).Add(-10 * time.Minute)
	want := map[bool]int{}
	for minute := range 5 {
		w.well.Store(minute != 2)
		for second := range 6 {
			if minute == 4 && second == 3 {
				w.CloseClientConnections()
			}
			up := p.LookAt(t.Context(), start.Add(time.Duration(minute)*time.Minute+time.Duration(second)*10*time.Second))
			want[up]++
		}
	}
	if want[false] < 6 || want[true] < 20 {
		t.Fatalf("saw %v", want)
	}
	if err := p.Bring(t.Context()); err == nil {
		t.Error("it was taken")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := uptime.NewProbe(w.URL, folder)
	if err != nil || again.Key() != p.Key() {
		t.Fatalf("another key, %v", err)
	}
	w.takes.Store(true)
	if err := again.Bring(t.Context()); err != nil {
		t.Fatal(err)
	}
	brought := <-w.brought
	key, err := uptime.ParseKey(brought.Key)
	if err != nil || len(brought.Minutes) != 5 {
		t.Fatalf("%d minutes, %v", len(brought.Minutes), err)
	}
	known := []ed25519.PublicKey{key}
	keep := func(known []ed25519.PublicKey, target string, list []uptime.Minute) error {
		return uptime.Keep(t.Context(), db, known, key, target, list, time.Now())
	}
	// What it did not sign, and what others would have it say, is refused.
	if err := keep(nil, w.URL, brought.Minutes); !fault.Is(err, fault.KindForbidden) {
		t.Errorf("a probe that is not known: %v", err)
	}
	for what, spoil := range map[string]func(m *uptime.Minute){
		"more looks": func(m *uptime.Minute) { m.Up++ }, "no failures": func(m *uptime.Minute) { m.Down = 0 }, "another minute": func(m *uptime.Minute) { m.At = m.At.Add(time.Minute) },
		"slower": func(m *uptime.Minute) { m.SumMS += 10 }, "no signature": func(m *uptime.Minute) { m.Signature = nil },
	} {
		m := brought.Minutes[2]
		spoil(&m)
		if err := keep(known, w.URL, []uptime.Minute{m}); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := keep(known, "https://elsewhere.example", brought.Minutes); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("of another target: %v", err)
	}
	if err := uptime.Keep(t.Context(), db, known, key, w.URL, brought.Minutes, time.Now().Add(8*24*time.Hour)); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("too old: %v", err)
	}
	for range 2 { // brought twice, it is there once
		if err := keep(known, w.URL, brought.Minutes); err != nil {
			t.Fatal(err)
		}
	}
	seen, err := uptime.Window(t.Context(), db, start.Add(-5*time.Minute), start.Add(10*time.Minute))
	part, ok := seen.Uptime()
	if err != nil || !ok || seen.Minutes != 15 || seen.Known != 5 || seen.Looks != 30 || seen.Up != int64(want[true]) || part >= 0.9 || seen.MeanMS <= 0 {
		t.Errorf("%+v, %v", seen, err)
	}
	steps, err := uptime.Steps(t.Context(), db, start, time.Minute, 6)
	if err != nil || steps[2].Up != 0 || steps[2].Looks != 6 || steps[0].Up != 6 || steps[5].Known != 0 {
		t.Errorf("%+v, %v", steps, err)
	}
	if _, known := steps[5].Uptime(); known {
		t.Error("what nobody saw counts as known")
	}
}

func TestAProbesFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{"probe.key": "short", "probe.json": "{"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := uptime.NewProbe("http://127.0.0.1", folder); err == nil {
			t.Errorf("%s: %q is taken", name, text)
		}
		if err := os.Remove(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"", "key", "AAAA"} {
		if _, err := uptime.ParseKey(text); err == nil {
			t.Errorf("%q is a key", text)
		}
	}
}

// TestExcusedMaintenanceCountsNeitherWay has looks before, in and after a window, and
// in one that was announced too late.
func TestExcusedMaintenanceCountsNeitherWay(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	super := dbtest.Super(t, db)
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for _, sql := range []string{
		`INSERT INTO probe_minutes SELECT decode(repeat('01', 32), 'hex'), $1::timestamptz + m * interval '1 minute', 6 * (1 - bad), 6 * bad, 0, 0, decode(repeat('00', 64), 'hex')
			FROM generate_series(0, 99) m, LATERAL (SELECT (m % 10 = 0)::int AS bad) b`,
		`INSERT INTO maintenance_windows (announced_at, starts_at, ends_at, what, cancelled_at) VALUES
			($1::timestamptz - interval '48 hours', $1, $1::timestamptz + interval '20 minutes', 'in time', NULL),
			($1::timestamptz - interval '47 hours', $1::timestamptz + interval '40 minutes', $1::timestamptz + interval '50 minutes', 'too late', NULL),
			($1::timestamptz - interval '60 hours', $1::timestamptz + interval '50 minutes', $1::timestamptz + interval '99 minutes', 'ended early', $1::timestamptz + interval '60 minutes')`,
	} {
		if _, err := super.Exec(t.Context(), sql, start); err != nil {
			t.Fatal(err)
		}
	}
	got, err := uptime.Window(t.Context(), db, start, start.Add(100*time.Minute))
	if err != nil || got.Known != 100 || got.Looks != 600 || got.Up != 540 || got.ExcusedLooks != 180 || got.ExcusedUp != 162 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = uptime.Window(t.Context(), db, start, start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, known := got.Uptime(); known {
		t.Error("a minute of maintenance tells of the uptime")
	}
	if part, known := got.UptimeOfAll(); !known || part != 0 {
		t.Errorf("of all looks %v, %v", part, known)
	}
}
