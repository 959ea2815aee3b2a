// Package span begins spans of OpenTelemetry below the one that a context has, for
// the packages that do a request's work. It knows of no place where spans go: that is
// the root's, which package trace begins; without a root nothing is recorded, and it
// costs next to nothing. Spans tell of no values: no arguments, no queries of
// addresses, no texts of errors, which may all name people.
package span

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Name is that of the instrumentation.
const Name = "github.com/skaiscraper/skai"

// Attributes, by OpenTelemetry's semantic conventions where they have one.
const (
	Org       = attribute.Key("skai.org")     // whose work it is: the organisation's id
	Request   = attribute.Key("skai.request") // under which the log has it
	Route     = attribute.Key("http.route")   // "/claims/{id}", never the path itself
	Method    = attribute.Key("http.request.method")
	Status    = attribute.Key("http.response.status_code")
	Server    = attribute.Key("server.address") // the host that is called
	Statement = attribute.Key("db.query.text")  // with $1 where the values are
	System    = attribute.Key("db.system.name")
	Rows      = attribute.Key("db.response.returned_rows")
	Code      = attribute.Key("error.type") // SQLSTATE, or a word of ours
)

// Start begins a span below that of ctx. Where that is not recorded it gives ctx as
// it is and a span that does nothing. Don't defer its End: while a panic goes through
// it, OpenTelemetry would note what the panic says.
func Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, trace.SpanFromContext(nil) //nolint:staticcheck // which gives the span that does nothing
	}
	return parent.TracerProvider().Tracer(Name).Start(ctx, name, options...)
}

// Off gives a context below which nothing is recorded: what goes on for hours would
// take the room of everything else.
func Off(ctx context.Context) context.Context {
	return trace.ContextWithSpanContext(ctx, trace.SpanContext{})
}

// Fail marks a span as failed, by a code and without the error's words.
func Fail(s trace.Span, code string) {
	if s.IsRecording() {
		s.SetAttributes(Code.String(code))
		s.SetStatus(codes.Error, "")
	}
}

// Transport records the requests that it sends on: method, host and status, neither
// path nor query. It tells the other side nothing of the trace.
func Transport(next http.RoundTripper) http.RoundTripper { return transport{next} }

type transport struct{ next http.RoundTripper }

// RoundTrip sends one request; its span ends when the answer's head is there.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	_, s := Start(r.Context(), r.Method, trace.WithSpanKind(trace.SpanKindClient))
	if !s.IsRecording() {
		return t.next.RoundTrip(r)
	}
	s.SetAttributes(Method.String(r.Method), Server.String(r.URL.Hostname()))
	res, err := t.next.RoundTrip(r)
	switch {
	case err != nil:
		Fail(s, "away")
	case res.StatusCode >= http.StatusBadRequest:
		s.SetAttributes(Status.Int(res.StatusCode))
		Fail(s, "refused")
	default:
		s.SetAttributes(Status.Int(res.StatusCode))
	}
	s.End()
	return res, err
}
