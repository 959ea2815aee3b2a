package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"

	"github.com/skaiscraper/skai/internal/platform/span"
)

// shortWait is how long waiting for a connection is not worth a span.
const shortWait = time.Millisecond

// queryTracer has the statements of a request as spans of its trace: their text, with
// $1 where the values are, never a value.
type queryTracer struct{ queryCounter }

// TraceQueryStart begins a statement's span.
func (t queryTracer) TraceQueryStart(ctx context.Context, c *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	ctx = t.queryCounter.TraceQueryStart(ctx, c, q)
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ctx
	}
	text := statement(q.SQL)
	ctx, _ = span.Start(ctx, verb(text), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(span.System.String("postgresql"), span.Statement.String(text)))
	return ctx
}

// TraceQueryEnd ends it.
func (queryTracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	endStatement(ctx, d.Err, d.CommandTag.RowsAffected())
}

// TraceBatchStart begins the span of the statements that travel together.
func (t queryTracer) TraceBatchStart(ctx context.Context, c *pgx.Conn, d pgx.TraceBatchStartData) context.Context {
	ctx = t.queryCounter.TraceBatchStart(ctx, c, d)
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ctx
	}
	texts := make([]string, 0, len(d.Batch.QueuedQueries))
	for _, q := range d.Batch.QueuedQueries {
		texts = append(texts, statement(q.SQL))
	}
	ctx, _ = span.Start(ctx, "batch", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(span.System.String("postgresql"), span.Statement.String(strings.Join(texts, ";\n"))))
	return ctx
}

// TraceBatchEnd ends it.
func (queryTracer) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchEndData) {
	endStatement(ctx, d.Err, 0)
}

type acquireKey struct{}

// TraceAcquireStart notes since when a connection is waited for.
func (queryTracer) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ctx
	}
	return context.WithValue(ctx, acquireKey{}, time.Now())
}

// TraceAcquireEnd makes a span of it where it took long enough to matter.
func (queryTracer) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, d pgxpool.TraceAcquireEndData) {
	since, ok := ctx.Value(acquireKey{}).(time.Time)
	if !ok || d.Err == nil && time.Since(since) < shortWait {
		return
	}
	_, s := span.Start(ctx, "wait for a connection", trace.WithTimestamp(since))
	if d.Err != nil {
		span.Fail(s, errorCode(d.Err))
	}
	s.End()
}

func endStatement(ctx context.Context, err error, rows int64) {
	s := trace.SpanFromContext(ctx)
	if !s.IsRecording() {
		return
	}
	if err != nil {
		span.Fail(s, errorCode(err))
	} else if rows > 0 {
		s.SetAttributes(span.Rows.Int64(rows))
	}
	s.End()
}

// errorCode is what may be told of an error: its SQLSTATE, or a word.
func errorCode(err error) string {
	switch code := Code(err); {
	case code != "":
		return code
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "away"
}

// statement is SQL as a trace has it. What begins a transaction carries who acts, by
// name, and is cut off.
func statement(text string) string {
	if isBegin(text) {
		text, _, _ = strings.Cut(text, ";")
		return text
	}
	return strings.TrimSpace(text)
}

// verb is the statement's first word.
func verb(text string) string {
	if i := strings.IndexAny(text, " \t\n("); i > 0 {
		return text[:i]
	}
	return text
}
