package app

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/ops"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/trace"
	"github.com/skaiscraper/skai/internal/platform/trouble"
	"github.com/skaiscraper/skai/internal/platform/vitals"
	"github.com/skaiscraper/skai/internal/platform/web"
)

type queriesKey struct{}

// begun counts a request's statements, and begins its trace.
func (a *App) begun(ctx context.Context) context.Context {
	ctx, n := postgres.CountQueries(ctx)
	return a.traces.Begin(context.WithValue(ctx, queriesKey{}, n), trace.Server)
}

// observe measures a request that was answered, and ends its trace.
func (a *App) observe(ctx context.Context, o web.Observation) {
	if o.Pattern == ops.EventsPath && o.Failure == nil { // how long somebody looked is not how long an answer took
		a.traces.Drop(ctx)
		return
	}
	scope, _ := tenant.From(ctx)
	seen := measure.Seen{Org: scope.OrgID, Route: o.Route(), Status: o.Status, Took: o.Took, Bytes: o.Bytes}
	if n, ok := ctx.Value(queriesKey{}).(*atomic.Int64); ok {
		seen.Queries = n.Load()
	}
	a.measured.Observe(seen)
	route := seen.Route
	if o.Pattern == "none" {
		route = o.Pattern // anybody can make up a method
	}
	a.Metrics.Observe(route, o.Status, o.Took)
	a.traces.End(ctx, trace.Ended{Name: route, Org: scope.OrgID, Request: o.ID, Status: o.Status, Failed: o.Status >= http.StatusInternalServerError || o.Failure != nil})
	a.noteFailure(scope, route, o)
}

// noteFailure keeps what went wrong with a request.
func (a *App) noteFailure(scope tenant.Scope, route string, o web.Observation) {
	seen := trouble.Seen{Org: scope.OrgID, Person: scope.ActorID, Place: route, Request: o.ID, Err: o.Failure}
	switch {
	case o.Failure == nil && o.Status < http.StatusInternalServerError:
		return
	case o.Failure == nil:
		seen.Err = trouble.Answer(o.Status)
	}
	if p, ok := errors.AsType[*web.Panic](o.Failure); ok {
		seen.Panicked, seen.Value, seen.Stack = true, p.Value, p.Stack
	}
	a.troubles.Note(seen)
}

// rollArgs asks for measure.Roll, and for what is too old to go.
type rollArgs struct{}

// Kind names the job in the queue.
func (rollArgs) Kind() string { return "measure.roll" }

// InsertOpts keeps programs that start together from asking for it several times.
func (rollArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Bulk, UniqueOpts: river.UniqueOpts{ByPeriod: time.Hour}}
}

// measureJobs registers the job and gives the one that comes round by the clock.
func (a *App) measureJobs(w *river.Workers) []*river.PeriodicJob {
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[rollArgs]) error {
		_, err := measure.Roll(ctx, a.db, time.Now())
		_, traces := trace.Prune(ctx, a.db, time.Now())
		_, errs := trouble.Prune(ctx, a.db, time.Now())
		_, minutes := vitals.Prune(ctx, a.db, time.Now())
		return errors.Join(err, traces, errs, minutes)
	}))
	return []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(time.Hour),
		func() (river.JobArgs, *river.InsertOpts) { return rollArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})}
}

// truthOfBouncer says what PgBouncer said last; null where it does not answer.
func (a *App) truthOfBouncer(add func(name string, value any, unit string, at time.Time, how string)) {
	if a.bouncer == nil {
		return
	}
	p, at, known := a.bouncer.Last()
	how := "asked of PgBouncer's console every " + vitals.BouncerEvery.String() + ", of the program's database; null where it does not answer"
	for _, f := range []struct {
		name  string
		value any
		unit  string
	}{
		{"clients_active", p.Active, "clients"},
		{"clients_waiting", p.Waiting, "clients"},
		{"servers_active", p.Servers, "connections"},
		{"servers_idle", p.Idle, "connections"},
		{"longest_wait", p.Wait, "s"},
	} {
		if !known {
			f.value = nil
		}
		add("pgbouncer."+f.name, f.value, f.unit, at, how)
	}
}
