// Package queue asks for background jobs in the transaction of the change they
// follow from: with its commit they are there, with its rollback they never were.
// It knows the queues, and shows what waits in them and what was given up.
//
// A try of a job may take a minute, unless its worker says otherwise. What fails is
// tried again after 1, 16, 81, 256… seconds (the number of tries to the power of
// four), 25 times unless its InsertOpts say less; then it is a dead letter, kept for
// seven days. docs/operations.md has the table of kinds.
package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"go.opentelemetry.io/otel/trace"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// inserter asks for jobs and does none. It needs no pool: what it does, it does in
// its caller's transaction.
var inserter = sync.OnceValues(func() (*river.Client[pgx.Tx], error) {
	return river.NewClient(riverpgxv5.New(nil), &river.Config{Schema: postgres.RiverSchema, Logger: slog.New(slog.DiscardHandler)})
})

// Insert asks for jobs as part of tx, whichever role tx has: the queue is the
// program's own. One that its InsertOpts call unique and that is there already is
// not asked for again, which is no error.
func Insert(ctx context.Context, tx pgx.Tx, jobs ...river.JobArgs) error {
	if len(jobs) == 0 {
		return nil
	}
	client, err := inserter()
	if err != nil {
		return fmt.Errorf("job queue: %w", err)
	}
	from, err := metadata(ctx)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", jobs[0].Kind(), err)
	}
	params := make([]river.InsertManyParams, len(jobs))
	for i, args := range jobs {
		params[i] = river.InsertManyParams{Args: args, InsertOpts: &river.InsertOpts{Metadata: from}}
	}
	return postgres.As(ctx, tx, postgres.App, func() error {
		if _, err := client.InsertManyTx(ctx, tx, params); err != nil {
			return fmt.Errorf("ask for %s: %w", jobs[0].Kind(), err)
		}
		return nil
	})
}

// Origin is whose work a job is, and the trace of the request that asked for it.
type Origin struct {
	Org   uuid.UUID `json:"skai_org,omitzero"`   // the nil UUID is nobody's
	Trace string    `json:"skai_trace,omitzero"` // in hexadecimal, "" where none was recorded
	Span  string    `json:"skai_span,omitzero"`
}

// metadata is what a job carries of who asks for it.
func metadata(ctx context.Context) ([]byte, error) {
	var o Origin
	if scope, ok := tenant.From(ctx); ok {
		o.Org = scope.OrgID
	}
	if c := trace.SpanContextFromContext(ctx); c.IsValid() {
		o.Trace, o.Span = c.TraceID().String(), c.SpanID().String()
	}
	return json.Marshal(o)
}

// OriginOf reads it again of a job's metadata; one that was asked for by the clock has none.
func OriginOf(metadata []byte) (o Origin) {
	_ = json.Unmarshal(metadata, &o) // what is not there stays empty
	return o
}

// Links are to the trace that asked for the job.
func (o Origin) Links() []trace.Link {
	id, noTrace := trace.TraceIDFromHex(o.Trace)
	s, noSpan := trace.SpanIDFromHex(o.Span)
	if noTrace != nil || noSpan != nil {
		return nil
	}
	return []trace.Link{{SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: s, TraceFlags: trace.FlagsSampled, Remote: true})}}
}
