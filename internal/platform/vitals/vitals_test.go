package vitals_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/gate"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vitals"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// sum adds up what the last five minutes have of a figure.
func sum[T int | int64 | float64](list []vitals.Point, of func(vitals.Point) *T) (all T) {
	for _, p := range list {
		if v := of(p); v != nil {
			all += *v
		}
	}
	return all
}

func series(t *testing.T, db *postgres.DB) []vitals.Point {
	t.Helper()
	list, err := vitals.Series(t.Context(), db, time.Now().UTC().Truncate(time.Minute).Add(-4*time.Minute), time.Minute, 6)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestWhatProcessesWereLike has two processes look, one of which turns requests away
// and can't write at first.
func TestWhatProcessesWereLike(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	g := gate.New(1, 1, 8)
	leave, err := g.Enter(t.Context(), gate.Page)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	var queued []context.CancelFunc
	for range 8 { // as many as may wait
		ctx, stop := context.WithCancel(t.Context())
		queued = append(queued, stop)
		go func() { _, _ = g.Enter(ctx, gate.Page) }() // it ends with the test
	}
	dbtest.Until(t, "eight wait", func() bool { return g.Stats().Waiting == 8 })
	for range 3 {
		if _, err := g.Enter(t.Context(), gate.Page); err == nil {
			t.Fatal("it was let in")
		}
	}
	busy, idle := vitals.New(db, uuid.New(), g, nil), vitals.New(db, uuid.New(), gate.New(4, 4, 8), nil)
	busy.Database(10*time.Millisecond, true)
	busy.Database(30*time.Millisecond, true)
	idle.Database(0, false)
	busy.Queue(7, 90*time.Second)
	busy.Queue(3, 10*time.Second)
	away, cancel := context.WithCancel(t.Context())
	cancel()
	if err := busy.Flush(away); err == nil {
		t.Error("it was written without a database")
	}
	for range 2 { // the second time changes nothing
		for _, r := range []*vitals.Recorder{busy, idle} {
			if err := r.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, stop := range queued {
		stop()
	}
	list := series(t, db)
	if n := sum(list, func(p vitals.Point) *int64 { return p.Refused }); n != 3 {
		t.Errorf("%d were turned away, want 3", n)
	}
	if ms := sum(list, func(p vitals.Point) *float64 { return p.Latency }); ms != 20 {
		t.Errorf("on average %g ms", ms)
	}
	if ms := sum(list, func(p vitals.Point) *float64 { return p.LatencyMax }); ms != 30 {
		t.Errorf("at most %g ms", ms)
	}
	if n := sum(list, func(p vitals.Point) *int { return p.Missed }); n != 1 {
		t.Errorf("%d looks were missed", n)
	}
	if n := sum(list, func(p vitals.Point) *int { return p.QueueDepth }); n != 7 {
		t.Errorf("%d jobs waited", n)
	}
	if n, err := vitals.Refused(t.Context(), db, time.Now().Add(-time.Hour), time.Now().Add(time.Hour)); err != nil || n == nil || *n != 3 {
		t.Errorf("%v, %v", n, err)
	}
	if n, err := vitals.Refused(t.Context(), db, time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)); n != nil || err != nil {
		t.Errorf("of a time in which nobody measured: %v, %v", n, err)
	}
	for _, p := range list {
		switch {
		case p.Measured == 0 && (p.PoolUsed != nil || p.Refused != nil || p.Latency != nil):
			t.Errorf("a gap has figures: %+v", p)
		case p.Measured == 1 && (p.Connections == nil || *p.Connections < 1 || *p.Most < *p.Connections || *p.PoolMost < int(db.Config().MaxConns) || *p.GateBusy > 1):
			t.Errorf("%+v", p)
		}
	}
}

// TestOldMinutesGo keeps 40 days, and no longer.
func TestOldMinutesGo(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := vitals.New(db, uuid.New(), gate.New(4, 4, 8), nil)
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := vitals.Prune(t.Context(), db, time.Now().Add(vitals.Keep-time.Hour)); err != nil || n != 0 {
		t.Errorf("an hour too early %d go, %v", n, err)
	}
	if n, err := vitals.Prune(t.Context(), db, time.Now().Add(vitals.Keep+2*time.Minute)); err != nil || n == 0 {
		t.Errorf("%d go, %v", n, err)
	}
}
