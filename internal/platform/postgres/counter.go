package postgres

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

type counterKey struct{}

// CountQueries gives a context whose statements are counted, and the counter:
// a page's number of round trips is part of what its tests promise. BEGIN with
// its scope and COMMIT are not counted. Where somebody counts already, both do.
func CountQueries(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	outer, _ := ctx.Value(counterKey{}).(*counters)
	return context.WithValue(ctx, counterKey{}, &counters{n, outer}), n
}

type counters struct {
	n     *atomic.Int64
	outer *counters // nil where nobody counts besides
}

func count(ctx context.Context, text string) {
	if c, ok := ctx.Value(counterKey{}).(*counters); ok && text != "commit" && text != "rollback" && !isBegin(text) {
		for ; c != nil; c = c.outer {
			c.n.Add(1)
		}
	}
}

func isBegin(text string) bool { return strings.HasPrefix(text, "begin") }

// Statement is SQL that was run, with its arguments.
type Statement struct {
	SQL  string
	Args []any
}

type recorderKey struct{}

type recorder struct {
	mu   sync.Mutex
	list []Statement
}

// RecordQueries gives a context whose statements are kept, and the way to them:
// a test asks PostgreSQL for the plans of what a page ran.
func RecordQueries(ctx context.Context) (recorded context.Context, statements func() []Statement) {
	r := &recorder{}
	return context.WithValue(ctx, recorderKey{}, r), func() []Statement {
		r.mu.Lock()
		defer r.mu.Unlock()
		return slices.Clone(r.list)
	}
}

func record(ctx context.Context, text string, args []any) {
	if r, ok := ctx.Value(recorderKey{}).(*recorder); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.list = append(r.list, Statement{text, args})
	}
}

// queryCounter counts and records statements for contexts made by CountQueries
// and RecordQueries.
type queryCounter struct{}

func (queryCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	count(ctx, q.SQL)
	record(ctx, q.SQL, q.Args)
	return ctx
}

func (queryCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (queryCounter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	count(ctx, "batch") // one round trip, however many statements travel in it
	return ctx
}

func (queryCounter) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	record(ctx, q.SQL, q.Args)
}

func (queryCounter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
