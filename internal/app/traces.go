package app

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"go.opentelemetry.io/otel"

	"github.com/skaiscraper/skai/internal/platform/health"
	"github.com/skaiscraper/skai/internal/platform/metrics"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
	"github.com/skaiscraper/skai/internal/platform/trace"
	"github.com/skaiscraper/skai/internal/platform/trouble"
)

// newTracer gives the tracer of this process.
func newTracer(db *postgres.DB, cfg Config, self health.Process) (*trace.Tracer, error) {
	if cfg.Log != nil { // a collector that is away is told of there
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { cfg.Log.Warn("traces are not sent", "error", err) }))
	}
	c := cfg.Traces
	c.Version, c.Process = cfg.Version, self.ID
	return trace.New(db, c)
}

// figures are what the rooms tell Prometheus beside what package metrics does.
func (a *App) figures() []prometheus.Collector {
	list := []prometheus.Collector{
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "skai_traces_dropped_total", Help: "Traces that should have been kept and were not, for want of room."}, a.traces.Dropped),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "skai_errors_dropped_total", Help: "Errors that were not kept, for want of room."}, a.troubles.Dropped),
	}
	if a.bouncer != nil {
		list = append(list, metrics.OfBouncer(a.bouncer))
	}
	return list
}

// traced follows a job, as a trace of its own that points at the request which asked
// for it, and keeps what went wrong with it.
func (a *App) traced(ctx context.Context, job *rivertype.JobRow, do func(context.Context) error) (err error) {
	from := queue.OriginOf(job.Metadata)
	ctx = a.traces.Begin(ctx, trace.Job, from.Links()...)
	defer func() {
		panicked := recover()
		failed := panicked != nil || isFailure(err)
		a.traces.End(ctx, trace.Ended{Name: "job " + job.Kind, Org: from.Org, Failed: failed})
		if failed {
			seen := trouble.Seen{Org: from.Org, Place: "job " + job.Kind, Err: err}
			if panicked != nil {
				seen.Panicked, seen.Value, seen.Stack = true, panicked, debug.Stack()
			}
			a.troubles.Note(seen)
		}
		if panicked != nil {
			panic(panicked) // the queue notes it
		}
	}()
	return do(ctx)
}

// isFailure tells whether a job failed: one that is put off did not.
func isFailure(err error) bool {
	_, later := errors.AsType[*river.JobSnoozeError](err)
	return err != nil && !later
}
