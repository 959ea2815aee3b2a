package proof

import (
	"context"
	"errors"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/skaiscraper/skai/internal/platform/trace"
	"github.com/skaiscraper/skai/internal/platform/trouble"
)

// went has something of the canary's be slow and something go wrong, so that there is
// a trace and an error to reach for.
func (p *prover) went(ctx context.Context, c *canary) error {
	tracer, err := trace.New(p.DB, trace.Config{Rate: 1})
	if err != nil {
		return err
	}
	tracer.End(tracer.Begin(ctx, oteltrace.SpanKindServer), trace.Ended{Name: "GET /" + c.word, Org: c.org.ID, Status: 500, Failed: true})
	seen := trouble.New(p.DB, c.word)
	seen.Note(trouble.Seen{Org: c.org.ID, Place: "GET /" + c.word, Err: errors.New("made for the proof")})
	return errors.Join(tracer.Flush(ctx), seen.Flush(ctx))
}
