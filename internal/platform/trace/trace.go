// Package trace follows a request through the program: its statements, what it calls
// outside, the jobs it asks for. Every one is traced into memory, since only its end
// tells whether it was slow or failed; then it is kept, or forgotten at once. What is
// kept stands in the database for a week, an organisation's own under row security,
// and goes to an OpenTelemetry collector where one is configured.
package trace

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/span"
)

// What may be in memory, and what an organisation may have kept.
const (
	mostSpans  = 20_000 // of all requests under way, about a kilobyte each
	mostOfOne  = 300    // spans of one request; the rest is counted
	mostToKeep = 1_000  // traces that wait to be written
	mostHourly = 2_000  // traces that a process keeps of an organisation in an hour
)

// Check says what is wrong with a configuration.
func (c Config) Check() error {
	if !(c.Rate >= 0 && c.Rate <= 1) {
		return fmt.Errorf("SKAI_TRACE_RATE (--trace-rate) is %g; it is between 0 (none) and 1 (all), for example 0.01", c.Rate)
	}
	if c.Slow < time.Millisecond {
		return fmt.Errorf("SKAI_TRACE_SLOW (--trace-slow) is %s; it is 1ms or more, for example 500ms", c.Slow)
	}
	return nil
}

// The kinds of work that a trace is of.
const (
	Server = trace.SpanKindServer   // a request
	Job    = trace.SpanKindConsumer // a job
)

// DefaultSlow is what takes so long that it is kept where nothing else is said.
const DefaultSlow = 500 * time.Millisecond

// Config says what is kept.
type Config struct {
	Rate    float64       // the part of all requests that is kept whatever they were like, 0 to 1, told by the trace's id when it begins
	Slow    time.Duration // what took so long is kept; 0 is DefaultSlow
	Version string        // of the program
	Process uuid.UUID
}

// Tracer follows what one process does. It is safe for concurrent use.
type Tracer struct {
	db       *postgres.DB
	config   Config
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	outward  sdk.SpanProcessor // to the collector; nil where there is none

	mu     sync.Mutex
	open   map[trace.TraceID]*pending
	spans  int     // in open
	kept   []trial // to be written
	hour   time.Time
	hourly map[string]int // kept of an organisation in this hour

	dropped int64 // traces that were not kept, for want of room
}

// pending are the spans, so far, of a trace whose root has not ended.
type pending struct {
	spans   []sdk.ReadOnlySpan
	dropped int
}

// trial is a trace that has ended.
type trial struct {
	root  sdk.ReadOnlySpan
	spans []sdk.ReadOnlySpan
	row
}

// New gives the tracer of a process. It takes where to send traces from OpenTelemetry's
// own variables (OTEL_EXPORTER_OTLP_ENDPOINT and those beside it); without them they go
// nowhere but into the database.
func New(db *postgres.DB, c Config) (*Tracer, error) {
	c.Slow = cmp.Or(c.Slow, DefaultSlow)
	t := &Tracer{db: db, config: c, open: map[trace.TraceID]*pending{}, hourly: map[string]int{}}
	outward, err := collector()
	if err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_…: %w", err)
	}
	t.outward = outward
	about, err := resourceOf(c)
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	// Whoever sends a request does not decide what is recorded of it: no trace of
	// theirs is gone on with, and each of ours is recorded until its end.
	t.provider = sdk.NewTracerProvider(sdk.WithSampler(sdk.AlwaysSample()), sdk.WithSpanProcessor(t), sdk.WithResource(about))
	t.tracer = t.provider.Tracer(span.Name)
	return t, nil
}

// Begin starts a trace: of a request, or of a job.
func (t *Tracer) Begin(ctx context.Context, kind trace.SpanKind, links ...trace.Link) context.Context {
	ctx, _ = t.tracer.Start(ctx, "begun", trace.WithNewRoot(), trace.WithSpanKind(kind), trace.WithLinks(links...))
	return ctx
}

// Ended is what is known of a trace's work when it is done.
type Ended struct {
	Name    string    // "GET /claims/{id}", "job mail.send"
	Org     uuid.UUID // whose it was; the nil UUID is nobody's
	Request string    // under which the log has it; "" for a job
	Status  int       // of the answer; 0 for a job
	Failed  bool
	More    []attribute.KeyValue
}

// End ends the trace that Begin started in the context ctx descends from, whose own
// span has to be the trace's first.
func (t *Tracer) End(ctx context.Context, e Ended) {
	s := trace.SpanFromContext(ctx)
	if !s.IsRecording() {
		return
	}
	s.SetName(e.Name)
	about := append(make([]attribute.KeyValue, 0, 4+len(e.More)), e.More...)
	if e.Org != uuid.Nil {
		about = append(about, span.Org.String(e.Org.String()))
	}
	if e.Request != "" {
		about = append(about, span.Request.String(e.Request))
	}
	if e.Status != 0 {
		about = append(about, span.Status.Int(e.Status))
	}
	s.SetAttributes(about...)
	if e.Failed {
		s.SetStatus(codes.Error, "")
	}
	s.End()
}

// Drop forgets the trace that Begin started in the context ctx descends from.
func (t *Tracer) Drop(ctx context.Context) {
	id := trace.SpanContextFromContext(ctx).TraceID()
	t.mu.Lock()
	defer t.mu.Unlock()
	if p, ok := t.open[id]; ok {
		delete(t.open, id)
		t.spans -= len(p.spans)
	}
}

// OnStart makes room for the spans of a trace that begins.
func (t *Tracer) OnStart(_ context.Context, s sdk.ReadWriteSpan) {
	if s.Parent().IsValid() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.spans < mostSpans {
		t.open[s.SpanContext().TraceID()] = &pending{}
	}
}

// OnEnd keeps a span until its trace ends, and then decides.
func (t *Tracer) OnEnd(s sdk.ReadOnlySpan) {
	id := s.SpanContext().TraceID()
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.open[id]
	if !s.Parent().IsValid() {
		if ok {
			delete(t.open, id)
			t.spans -= len(p.spans)
		} else {
			p = &pending{} // there was no room for what is below it
		}
		t.judge(s, p)
		return
	}
	switch {
	case !ok: // its trace has ended before it, or there is no room
	case len(p.spans) >= mostOfOne || t.spans >= mostSpans:
		p.dropped++
	default:
		p.spans = append(p.spans, s)
		t.spans++
	}
}

// judge keeps the trace if there is a reason to.
func (t *Tracer) judge(root sdk.ReadOnlySpan, p *pending) {
	took := root.EndTime().Sub(root.StartTime())
	id := root.SpanContext().TraceID()
	r := row{Slow: took >= t.config.Slow, Failed: root.Status().Code == codes.Error, Sampled: sampled(id, t.config.Rate), Dropped: p.dropped}
	if !r.Slow && !r.Failed && !r.Sampled {
		return
	}
	if now := root.EndTime().Truncate(time.Hour); now != t.hour {
		t.hour, t.hourly = now, map[string]int{}
	}
	whose := orgOf(root)
	if len(t.kept) >= mostToKeep || t.hourly[whose] >= mostHourly {
		t.dropped++
		return
	}
	t.hourly[whose]++
	t.kept = append(t.kept, trial{root, p.spans, r})
}

// sampled tells by a trace's id, and so from its beginning on, whether it is one of
// the part that is kept in any case; other programs that see the id decide the same
// (OpenTelemetry's TraceIdRatioBased).
func sampled(id trace.TraceID, rate float64) bool {
	return float64(binary.BigEndian.Uint64(id[8:])>>1) < rate*(1<<63)
}

// orgOf is whose trace it is: "" is nobody's.
func orgOf(root sdk.ReadOnlySpan) string {
	for _, a := range root.Attributes() {
		if a.Key == span.Org {
			return a.Value.AsString()
		}
	}
	return ""
}

// Shutdown and ForceFlush are for OpenTelemetry: Run does the work.
func (t *Tracer) Shutdown(context.Context) error { return nil }

// ForceFlush does nothing.
func (t *Tracer) ForceFlush(context.Context) error { return nil }

// Dropped counts the traces there was no room to keep, since the process began.
func (t *Tracer) Dropped() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return float64(t.dropped)
}
