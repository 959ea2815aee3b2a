package trace_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	oteltrace "go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/span"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func newTracer(tb testing.TB, db *postgres.DB, c trace.Config) *trace.Tracer {
	tb.Helper()
	c.Version, c.Process = "v1", uuid.New()
	t, err := trace.New(db, c)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// kept gives the traces that an organisation is shown.
func kept(t *testing.T, db *postgres.DB, c dbtest.Contractor, f trace.Filter) []trace.Trace {
	t.Helper()
	f.Limit = max(f.Limit, 100)
	list, err := trace.List(c.As(t, tenant.Owner), db, f)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestWhatWasSlowOrFailedIsKept(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	tr := newTracer(t, db, trace.Config{Slow: 50 * time.Millisecond})
	scope := func(ctx context.Context) context.Context {
		s, _ := tenant.From(titan.As(t, tenant.Owner))
		return tenant.With(ctx, s)
	}
	// Quick and well: forgotten.
	tr.End(tr.Begin(t.Context(), oteltrace.SpanKindServer), trace.Ended{Name: "GET /quick", Org: titan.ID, Status: 200})
	// Slow, with statements below it.
	ctx := scope(tr.Begin(t.Context(), oteltrace.SpanKindServer))
	_, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (int, error) {
		return postgres.Value[int](ctx, tx, `SELECT 1 FROM pg_sleep(0.06) WHERE $1 <> ''`, "pat@example.com")
	})
	if err != nil {
		t.Fatal(err)
	}
	tr.End(ctx, trace.Ended{Name: "GET /slow/{id}", Org: titan.ID, Request: "r1", Status: 200})
	// Failed, in the database.
	ctx = scope(tr.Begin(t.Context(), oteltrace.SpanKindServer))
	err = postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`SELECT $1::text`, "Pat Smith")
		b.Queue(`SELECT $1::text::uuid`, "Pat Smith")
		return postgres.Send(ctx, tx, b)
	})
	if postgres.Code(err) != "22P02" {
		t.Fatal(err)
	}
	tr.End(ctx, trace.Ended{Name: "POST /failed", Org: titan.ID, Request: "r2", Status: 500, Failed: true})
	// Of another, of nobody, and of one that is gone.
	for _, org := range []uuid.UUID{prowest.ID, uuid.Nil, uuid.New()} {
		tr.End(tr.Begin(t.Context(), oteltrace.SpanKindServer), trace.Ended{Name: "GET /theirs", Org: org, Status: 503, Failed: true})
	}
	if err := tr.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := kept(t, db, titan, trace.Filter{})
	if len(list) != 2 || list[0].Name != "POST /failed" || !list[0].Failed || list[0].Slow || list[0].Status != 500 || list[0].RequestID != "r2" ||
		list[1].Name != "GET /slow/{id}" || !list[1].Slow || list[1].Failed || list[1].Sampled || list[1].TookMs < 50 {
		t.Fatalf("%+v", list)
	}
	for _, f := range []struct {
		trace.Filter
		want int
	}{{trace.Filter{Slow: true}, 1}, {trace.Filter{Failed: true}, 1}, {trace.Filter{Slow: true, Failed: true}, 0}, {trace.Filter{Words: "post /F"}, 1}, {trace.Filter{Words: "theirs"}, 0}, {trace.Filter{Words: "%"}, 0}, {trace.Filter{Before: trace.Cursor{At: list[0].At, ID: list[0].ID}}, 1}, {trace.Filter{Before: trace.Cursor{At: list[1].At, ID: list[1].ID}}, 0}} {
		if got := kept(t, db, titan, f.Filter); len(got) != f.want {
			t.Errorf("%+v: %+v", f, got)
		}
	}
	theStatements(t, db, titan, list[1].ID, []string{"GET /slow/{id}", "begin", "SELECT", "commit"}, `SELECT 1 FROM pg_sleep(0.06) WHERE $1 <> ''`)
	theStatements(t, db, titan, list[0].ID, []string{"POST /failed", "begin", "batch", "rollback"}, "SELECT $1::text;\nSELECT $1::text::uuid")
	if _, _, _, err := trace.Get(prowest.As(t, tenant.Owner), db, list[0].ID); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("another's trace: %v", err)
	}
	system, err := trace.ListSystem(t.Context(), db, trace.Filter{Failed: true, Limit: 10})
	if err != nil || len(system) != 1 || system[0].Name != "GET /theirs" {
		t.Errorf("%+v, %v", system, err)
	}
	if _, spans, err := trace.GetSystem(t.Context(), db, system[0].ID); err != nil || len(spans) != 1 {
		t.Errorf("%+v, %v", spans, err)
	}
	// Nobody is named, not even who acts.
	if n, err := postgres.Value[int](t.Context(), dbtest.Super(t, db), `SELECT count(*)::int FROM traces WHERE traces::text ~* 'pat|example|owner of'`); err != nil || n != 0 {
		t.Errorf("%d traces name somebody, %v", n, err)
	}
	// After a week they are gone.
	for days, want := range map[int]int64{6: 0, 8: 4} {
		if n, err := trace.Prune(t.Context(), db, time.Now().Add(time.Duration(days)*24*time.Hour)); err != nil || days == 6 && n != want {
			t.Errorf("after %d days %d were removed, %v", days, n, err)
		}
	}
	if list := kept(t, db, titan, trace.Filter{}); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

// theStatements checks the spans of a trace: their names in order, and that one has the statement.
func theStatements(t *testing.T, db *postgres.DB, c dbtest.Contractor, id uuid.UUID, names []string, statement string) {
	t.Helper()
	tr, spans, _, err := trace.Get(c.As(t, tenant.Owner), db, id)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	found := false
	for i, s := range spans {
		if s.Name == "wait for a connection" {
			continue
		}
		got = append(got, s.Name)
		found = found || s.Statement == statement
		if i > 0 && (s.Parent != spans[0].ID || s.Start < 0 || s.Start+s.Took > tr.TookMs+0.01) || s.Name == "batch" && (!s.Failed || s.Code != "22P02") {
			t.Errorf("%+v", s)
		}
	}
	if !slices.Equal(got, names) || !found {
		t.Errorf("%v, want %v; the statement is there: %t", got, names, found)
	}
}

func TestAPartIsKeptWhateverItWasLike(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	tr := newTracer(t, db, trace.Config{Rate: 0.1, Slow: time.Hour})
	for range 1500 {
		tr.End(tr.Begin(t.Context(), oteltrace.SpanKindServer), trace.Ended{Name: "GET /", Org: titan.ID, Status: 200})
	}
	if err := tr.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := kept(t, db, titan, trace.Filter{Limit: 1500})
	if n := len(list); n < 90 || n > 215 || !list[0].Sampled { // 150, five standard deviations
		t.Errorf("%d of 1500 were kept", n)
	}
}

// TestMemoryIsBounded has more asked of it than there is room for.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	tr := newTracer(t, db, trace.Config{Slow: time.Hour})
	ctx := tr.Begin(t.Context(), oteltrace.SpanKindServer)
	for range 400 {
		_, s := span.Start(ctx, "x")
		s.End()
	}
	tr.End(ctx, trace.Ended{Name: "GET /much", Org: titan.ID, Failed: true, Status: 500})
	late, s := span.Start(ctx, "after the end")
	if s.End(); s.IsRecording() || late != ctx {
		t.Error("a span begins below one that has ended")
	}
	for range 1200 {
		tr.End(tr.Begin(t.Context(), oteltrace.SpanKindServer), trace.Ended{Name: "GET /", Org: titan.ID, Failed: true, Status: 500})
	}
	if n := tr.Dropped(); n != 201 {
		t.Errorf("%g traces were dropped", n)
	}
	if err := tr.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := kept(t, db, titan, trace.Filter{Words: "GET /much"})
	if len(list) != 1 || list[0].Dropped != 100 {
		t.Fatalf("%+v", list)
	}
	if _, spans, _, err := trace.Get(titan.As(t, tenant.Owner), db, list[0].ID); err != nil || len(spans) != 301 {
		t.Errorf("%d spans, %v", len(spans), err)
	}
	// Nor can one organisation fill the table: 2,000 in an hour.
	for range 3 {
		for range 900 {
			tr.End(tr.Begin(t.Context(), oteltrace.SpanKindServer), trace.Ended{Name: "GET /", Org: titan.ID, Failed: true, Status: 500})
		}
		if err := tr.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := postgres.Value[int](t.Context(), dbtest.Super(t, db), `SELECT count(*)::int FROM traces`); err != nil || n < 2000 || n > 2900 { // an hour may end in between
		t.Errorf("%d traces, %v", n, err)
	}
}

// sink is an OpenTelemetry collector, as far as the test needs one.
type sink struct {
	mu    sync.Mutex
	names []string
	all   string
}

func (k *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = z
	}
	raw, err := io.ReadAll(body)
	var in collector.ExportTraceServiceRequest
	if err = errors.Join(err, proto.Unmarshal(raw, &in)); err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all += in.String()
	for _, rs := range in.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				k.names = append(k.names, s.GetName())
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func TestTracesGoToACollector(t *testing.T) {
	k := &sink{}
	server := httptest.NewServer(k)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	tr := newTracer(t, db, trace.Config{Slow: time.Hour})
	tr.End(tr.Begin(t.Context(), oteltrace.SpanKindServer), trace.Ended{Name: "GET /quick", Org: titan.ID, Status: 200})
	ctx := tr.Begin(t.Context(), oteltrace.SpanKindServer)
	outside := httptest.NewServer(http.NotFoundHandler())
	defer outside.Close()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, outside.URL+"/pat@example.com?token=secret", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: span.Transport(http.DefaultTransport)}).Do(r)
	if err != nil || res.Header.Get("Traceparent") != "" || r.Header.Get("Traceparent") != "" {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	tr.End(ctx, trace.Ended{Name: "POST /failed", Org: titan.ID, Status: 500, Failed: true})
	running, stop := context.WithCancel(t.Context())
	stop() // it writes what there is and ends
	tr.Run(running, func(err error) { t.Error(err) })
	if slices.Sort(k.names); !slices.Equal(k.names, []string{"GET", "POST /failed"}) {
		t.Errorf("it got %v", k.names)
	}
	for _, want := range []string{titan.ID.String(), "service.name", "skai.org", "127.0.0.1"} {
		if !strings.Contains(k.all, want) {
			t.Errorf("no %s in %s", want, k.all)
		}
	}
	for _, secret := range []string{"pat@example.com", "token", "secret"} {
		if strings.Contains(k.all, secret) {
			t.Errorf("%s in %s", secret, k.all)
		}
	}
	if list := kept(t, db, titan, trace.Filter{}); len(list) != 1 {
		t.Errorf("%+v", list)
	}
}

// BenchmarkRequest is what tracing costs a request with three statements, of which
// nothing is kept: the difference to none.
func BenchmarkRequest(b *testing.B) {
	db := dbtest.New(b)
	conn := db.Config().ConnConfig.Tracer
	q, _ := conn.(interface {
		TraceQueryStart(context.Context, *pgx.Conn, pgx.TraceQueryStartData) context.Context
		TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData)
	})
	wait, _ := conn.(pgxpool.AcquireTracer)
	work := func(ctx context.Context) {
		wait.TraceAcquireEnd(wait.TraceAcquireStart(ctx, nil, pgxpool.TraceAcquireStartData{}), nil, pgxpool.TraceAcquireEndData{})
		for _, sql := range []string{"begin read only; select set_config('app.org_id', 'x', true)", "SELECT a, b, c FROM claims WHERE id = $1", "SELECT 1", "SELECT 2", "commit"} {
			q.TraceQueryEnd(q.TraceQueryStart(ctx, nil, pgx.TraceQueryStartData{SQL: sql}), nil, pgx.TraceQueryEndData{})
		}
	}
	b.Run("traced", func(b *testing.B) {
		tr := newTracer(b, db, trace.Config{Slow: time.Hour})
		org := uuid.New()
		b.ReportAllocs()
		for b.Loop() {
			ctx := tr.Begin(b.Context(), oteltrace.SpanKindServer)
			work(ctx)
			tr.End(ctx, trace.Ended{Name: "GET /claims/{id}", Org: org, Request: "01a205b5-ae52-713f-92e0-37b7a6333d61", Status: 200})
		}
	})
	b.Run("none", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			work(b.Context())
		}
	})
}
