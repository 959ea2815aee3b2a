package postgres

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

type counterKey struct{}

// CountQueries gives a context whose statements are counted, and the counter:
// a page's number of round trips is part of what its tests promise. BEGIN with
// its scope and COMMIT are not counted.
func CountQueries(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, counterKey{}, n), n
}

func count(ctx context.Context, text string) {
	if n, ok := ctx.Value(counterKey{}).(*atomic.Int64); ok && text != "commit" && text != "rollback" && !isBegin(text) {
		n.Add(1)
	}
}

func isBegin(text string) bool { return strings.HasPrefix(text, "begin") }

// queryCounter counts statements for contexts made by CountQueries.
type queryCounter struct{}

func (queryCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	count(ctx, q.SQL)
	return ctx
}

func (queryCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (queryCounter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	count(ctx, "batch") // one round trip, however many statements travel in it
	return ctx
}

func (queryCounter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (queryCounter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
