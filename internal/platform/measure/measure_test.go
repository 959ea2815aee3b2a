package measure_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// lately is a window around now, and soon what the recorder writes within it.
func lately() (from, to time.Time) {
	now := time.Now().UTC().Truncate(time.Minute)
	return now.Add(-5 * time.Minute), now.Add(2 * time.Minute)
}

// percentile is the exact one: the least value that so large a part is not above.
func percentile(sorted []float64, q float64) float64 {
	return sorted[int(math.Floor(q*float64(len(sorted)-1)))]
}

// TestPercentilesAreRightToOnePerCent compares with those of all values, of two
// processes together, for times as they are (most short, some long).
func TestPercentilesAreRightToOnePerCent(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret
	var all []float64
	for range 2 {
		rec := measure.New(db, uuid.New())
		for i := range 5000 {
			took := time.Duration(math.Exp(r.NormFloat64()+1) * float64(time.Millisecond))
			status := 200
			switch {
			case i%100 == 0:
				status = 503
			case i%10 == 0:
				status = 404
			}
			all = append(all, float64(took)/float64(time.Millisecond))
			rec.Observe(measure.Seen{Org: titan.ID, Route: []string{"GET /claims", "POST /claims"}[i%2], Status: status, Took: took, Bytes: 10, Queries: 3})
			if i == 2000 { // in the middle, twice
				for range 2 {
					if err := rec.Flush(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		rec.Observe(measure.Seen{Org: prowest.ID, Route: "GET /claims", Status: 500, Took: time.Hour})
		rec.Observe(measure.Seen{Org: uuid.Nil, Route: "GET /", Status: 200, Took: time.Hour})
		rec.Observe(measure.Seen{Org: uuid.New(), Route: "GET /", Status: 200, Took: time.Hour}) // destroyed since
		if err := rec.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	from, to := lately()
	ctx := titan.As(t, tenant.Owner)
	check := func(what string) {
		t.Helper()
		got, err := measure.Window(ctx, db, from, to)
		if err != nil || got.Requests != 10_000 || got.Failures != 100 || got.Refusals != 900 || got.Bytes != 100_000 || got.Queries != 30_000 {
			t.Fatalf("%s: %+v, %v", what, got, err)
		}
		for q, p := range map[float64]float64{0.5: got.P50, 0.95: got.P95, 0.99: got.P99} {
			if want := percentile(all, q); math.Abs(p-want)/want > 0.0101 {
				t.Errorf("%s: p%g is %g ms, and was %g", what, q*100, p, want)
			}
		}
	}
	check("by minutes")
	routes, err := measure.Routes(ctx, db, from, to)
	if err != nil || len(routes) != 2 || routes[0].Requests+routes[1].Requests != 10_000 {
		t.Errorf("%+v, %v", routes, err)
	}
	// Two days later they stand in hours, and say the same.
	n, err := measure.Roll(t.Context(), db, time.Now().Add(51*time.Hour))
	if err != nil || n < 6 {
		t.Errorf("%d minutes were rolled, %v", n, err)
	}
	from, to = from.Add(-time.Hour), to.Add(time.Hour)
	check("by hours")
	left, err := postgres.Value[string](t.Context(), dbtest.Super(t, db), `SELECT string_agg(DISTINCT grain, ',') FROM request_stats`)
	if err != nil || left != "hour" {
		t.Errorf("%q is left, %v", left, err)
	}
	if n, err := measure.Roll(t.Context(), db, time.Now().Add(402*24*time.Hour)); err != nil || n != 0 {
		t.Errorf("%d minutes, %v", n, err)
	}
	if got, err := measure.Window(ctx, db, from, to); err != nil || got.Requests != 0 || got.P99 != 0 || got.Measured != 0 {
		t.Errorf("after 400 days: %+v, %v", got, err)
	}
}

// TestAllOrganisationsTogether adds them up, and again when more of a minute comes.
func TestAllOrganisationsTogether(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	one, two := measure.New(db, uuid.New()), measure.New(db, uuid.New())
	seen := func(r *measure.Recorder, org uuid.UUID, status int, took ...time.Duration) {
		t.Helper()
		for _, d := range took {
			r.Observe(measure.Seen{Org: org, Route: "GET /claims", Status: status, Took: d})
		}
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sum := func() (all measure.Minute) {
		t.Helper()
		now := time.Now()
		if err := measure.Together(t.Context(), db, 2*time.Second, now); err != nil {
			t.Fatal(err)
		}
		list, err := measure.Minutes(t.Context(), db, now.Add(-time.Hour), now.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			all.Requests, all.Failures, all.Slow = all.Requests+m.Requests, all.Failures+m.Failures, all.Slow+m.Slow
		}
		return all
	}
	if got := sum(); got != (measure.Minute{}) {
		t.Errorf("of nothing %+v", got)
	}
	seen(one, titan.ID, 200, time.Millisecond, 1900*time.Millisecond, 2100*time.Millisecond)
	seen(two, prowest.ID, 503, 30*time.Second, 10*time.Millisecond)
	if got := sum(); got.Requests != 5 || got.Failures != 2 || got.Slow != 2 {
		t.Errorf("%+v", got)
	}
	seen(two, titan.ID, 404, 3*time.Second)
	for range 2 {
		if got := sum(); got.Requests != 6 || got.Failures != 2 || got.Slow != 3 {
			t.Errorf("with one more %+v", got)
		}
	}
}

func TestAGapIsAGap(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	rec := measure.New(db, uuid.New())
	if err := rec.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Minute)
	got, err := measure.Window(titan.As(t, tenant.Owner), db, now.Add(-9*time.Minute), now.Add(time.Minute))
	if err != nil || got.Minutes != 10 || got.Measured < 1 || got.Measured > 2 || got.Completeness() > 0.21 || got.Requests != 0 || got.ErrorRate() != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// What could not be written is written the next time, and nothing twice.
func TestNothingIsLostWhereTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	rec := measure.New(db, uuid.New())
	for i := range 10 {
		rec.Observe(measure.Seen{Org: titan.ID, Route: fmt.Sprintf("GET /%d", i), Status: 200, Took: time.Millisecond})
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := rec.Flush(gone); err == nil {
			t.Fatal("it was written without a database")
		}
	}
	for range 3 {
		if err := rec.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	from, to := lately()
	if got, err := measure.Window(titan.As(t, tenant.Owner), db, from, to); err != nil || got.Requests != 10 {
		t.Errorf("%+v, %v", got, err)
	}
}

// BenchmarkObserve is what measuring costs a request.
func BenchmarkObserve(b *testing.B) {
	rec := measure.New(nil, uuid.New())
	seen := measure.Seen{Org: uuid.New(), Route: "GET /claims/{id}", Status: 200, Took: 3 * time.Millisecond, Bytes: 10_000, Queries: 4}
	b.ReportAllocs()
	for b.Loop() {
		rec.Observe(seen)
	}
}

// BenchmarkRoutes is what the page of the service level costs, nearly: a month of 60
// addresses that are asked for every minute, of one process.
func BenchmarkRoutes(b *testing.B) {
	db := dbtest.New(b)
	titan := dbtest.Org(b, db, "titan")
	sketch, err := ddsketch.LogCollapsingLowestDenseDDSketch(measure.Accuracy, 2048)
	for i := range 60 {
		err = errors.Join(err, sketch.Add(0.001*float64(1+i%17)*(1+float64(i)/7)))
	}
	if err != nil {
		b.Fatal(err)
	}
	var raw []byte
	sketch.Encode(&raw, false)
	for _, sql := range []string{
		`INSERT INTO request_stats SELECT $1, 'minute', date_trunc('minute', now()) - m * interval '1 minute', 'GET /' || r, $1, 60, 0, 1, 1000, 120, 1, $2 FROM generate_series(0, 2879) m, generate_series(1, 60) r`,
		`INSERT INTO request_stats SELECT $1, 'hour', date_trunc('hour', now()) - m * interval '1 hour', 'GET /' || r, $1, 3600, 0, 1, 1000, 7200, 1, $2 FROM generate_series(50, 720) m, generate_series(1, 60) r`,
	} {
		if _, err := dbtest.Super(b, db).Exec(b.Context(), sql, titan.ID, raw); err != nil {
			b.Fatal(err)
		}
	}
	ctx, to := titan.As(b, tenant.Owner), time.Now().Add(time.Minute)
	for name, span := range map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if list, err := measure.Routes(ctx, db, to.Add(-span), to); err != nil || len(list) != 60 {
					b.Fatal(len(list), err)
				}
			}
		})
	}
}
