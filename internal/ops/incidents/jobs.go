package incidents

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/platform/queue"
)

// evaluateArgs asks for Evaluate.
type evaluateArgs struct{}

// Kind names the job in the queue.
func (evaluateArgs) Kind() string { return "incidents.evaluate" }

// InsertOpts keeps programs on several machines from asking for it several times. What
// fails is not tried again: the next minute's is about to come.
func (evaluateArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Alerts, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: time.Minute}}
}

// Jobs registers this room's jobs, gives the one that comes round by the clock, each
// minute.
func (s *Service) Jobs(w *river.Workers) []*river.PeriodicJob {
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[evaluateArgs]) error {
		return s.Evaluate(ctx, time.Now())
	}))
	river.AddWorker(w, teller{Service: s})
	return []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(time.Minute),
		func() (river.JobArgs, *river.InsertOpts) { return evaluateArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})}
}
