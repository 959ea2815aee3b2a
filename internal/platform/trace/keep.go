package trace

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/span"
)

const (
	flushEvery = 5 * time.Second
	keepFor    = 7 * 24 * time.Hour
)

// collector sends kept traces to where OpenTelemetry's variables say; nil where they
// say nothing.
func collector() (sdk.SpanProcessor, error) {
	if cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")) == "" {
		return nil, nil //nolint:nilnil // nobody is to hear of them
	}
	exporter, err := otlptracehttp.New(context.Background())
	if err != nil {
		return nil, err
	}
	return sdk.NewBatchSpanProcessor(exporter), nil
}

// resourceOf is what a collector is told of the process: no host's name, no command line.
func resourceOf(c Config) (*resource.Resource, error) {
	return resource.New(context.Background(), resource.WithAttributes(
		attribute.String("service.name", "skai"), attribute.String("service.version", c.Version), attribute.String("service.instance.id", c.Process.String()),
	), resource.WithFromEnv())
}

// Run writes down what is kept every now and then, and the rest when ctx ends.
func (t *Tracer) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushEvery)
			defer cancel()
			if err := t.Flush(last); err != nil {
				failed(err)
			}
			if t.outward != nil {
				if err := t.outward.ForceFlush(last); err != nil {
					failed(fmt.Errorf("send traces to the collector: %w", err))
				}
			}
			return
		case <-tick.C:
			if err := t.Flush(ctx); err != nil {
				failed(err)
			}
		}
	}
}

// row is a trace as the database has it.
type row struct {
	Org                   uuid.UUID
	ID                    uuid.UUID
	At                    time.Time
	Name                  string
	Status                int
	Took                  float64
	Slow, Failed, Sampled bool
	Request               string
	AskedBy               *uuid.UUID
	Dropped               int
	Spans                 []byte
}

// Flush writes down what is kept so far. What can't be written is forgotten: where
// the database is away for long there is no room for it.
func (t *Tracer) Flush(ctx context.Context) error {
	t.mu.Lock()
	kept := t.kept
	t.kept = nil
	t.mu.Unlock()
	if len(kept) == 0 {
		return nil
	}
	rows := make([]row, 0, len(kept))
	for _, k := range kept {
		r, err := k.written()
		if err != nil {
			return err
		}
		rows = append(rows, r)
		t.export(k)
	}
	_, err := postgres.System(ctx, t.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, insert(ctx, tx, rows)
	})
	if err != nil {
		return fmt.Errorf("write down %d traces: %w", len(rows), err)
	}
	return nil
}

// export sends a trace to the collector, which has a queue of its own.
func (t *Tracer) export(k trial) {
	if t.outward == nil {
		return
	}
	for _, s := range append(k.spans, k.root) {
		t.outward.OnEnd(s)
	}
}

func insert(ctx context.Context, tx pgx.Tx, rows []row) error {
	b := &pgx.Batch{}
	for _, r := range rows {
		if r.Org == uuid.Nil {
			b.Queue(`
				INSERT INTO system_traces (id, at, name, status, took_ms, slow, failed, sampled, request_id, asked_by, dropped, spans)
				VALUES ($1, $2, left($3, 200), $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`,
				r.ID, r.At, r.Name, r.Status, r.Took, r.Slow, r.Failed, r.Sampled, r.Request, r.AskedBy, r.Dropped, r.Spans)
			continue
		}
		// Its organisation may have been destroyed since.
		b.Queue(`
			INSERT INTO traces (org_id, id, at, name, status, took_ms, slow, failed, sampled, request_id, asked_by, dropped, spans)
			SELECT id, $2, $3, left($4, 200), $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM orgs WHERE id = $1 ON CONFLICT DO NOTHING`,
			r.Org, r.ID, r.At, r.Name, r.Status, r.Took, r.Slow, r.Failed, r.Sampled, r.Request, r.AskedBy, r.Dropped, r.Spans)
	}
	return postgres.Send(ctx, tx, b)
}

// written is the trace as it is written down.
func (k trial) written() (row, error) {
	r, root := k.row, k.root
	r.ID, r.At, r.Name = idOf(root.SpanContext()), root.StartTime(), root.Name()
	r.Took = ms(root.EndTime().Sub(root.StartTime()))
	for _, a := range root.Attributes() {
		switch a.Key {
		case span.Org:
			org, err := uuid.Parse(a.Value.AsString())
			if err != nil {
				return r, fmt.Errorf("a trace's organisation: %w", err)
			}
			r.Org = org
		case span.Request:
			r.Request = a.Value.AsString()
		case span.Status:
			r.Status = int(a.Value.AsInt64())
		}
	}
	for _, l := range root.Links() {
		by := idOf(l.SpanContext)
		r.AskedBy = &by
	}
	spans := []Span{{ID: root.SpanContext().SpanID().String(), Name: root.Name(), Took: r.Took, Failed: root.Status().Code == codes.Error}}
	slices.SortStableFunc(k.spans, func(a, b sdk.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	for _, s := range k.spans {
		spans = append(spans, spanOf(s, root.StartTime()))
	}
	raw, err := json.Marshal(spans)
	r.Spans = raw
	return r, err
}

func spanOf(s sdk.ReadOnlySpan, begun time.Time) Span {
	out := Span{
		ID: s.SpanContext().SpanID().String(), Parent: s.Parent().SpanID().String(), Name: s.Name(), Failed: s.Status().Code == codes.Error,
		Start: ms(s.StartTime().Sub(begun)), Took: ms(s.EndTime().Sub(s.StartTime())),
	}
	for _, a := range s.Attributes() {
		switch a.Key {
		case span.Statement:
			out.Statement = a.Value.AsString()
		case span.Server:
			out.Server = a.Value.AsString()
		case span.Code:
			out.Code = a.Value.AsString()
		case span.Rows:
			n := a.Value.AsInt64()
			out.Rows = &n
		case span.Status:
			out.Status = int(a.Value.AsInt64())
		}
	}
	return out
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// idOf is a trace's id, which has as many bytes as a UUID.
func idOf(c trace.SpanContext) uuid.UUID { return uuid.UUID(c.TraceID()) }

// Prune removes what is older than a week, and gives how many traces that were.
func Prune(ctx context.Context, db *postgres.DB, now time.Time) (int64, error) {
	return postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		n, err := postgres.Exec(ctx, tx, `DELETE FROM traces WHERE at < $1`, now.Add(-keepFor))
		if err != nil {
			return 0, err
		}
		m, err := postgres.Exec(ctx, tx, `DELETE FROM system_traces WHERE at < $1`, now.Add(-keepFor))
		return n + m, err
	})
}
