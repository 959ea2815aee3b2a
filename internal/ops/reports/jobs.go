package reports

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/platform/queue"
)

// weeklyArgs asks for WriteDue.
type weeklyArgs struct{}

// Kind names the job in the queue.
func (weeklyArgs) Kind() string { return "reports.weekly" }

// InsertOpts keeps programs on several machines from asking for it several times.
func (weeklyArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Bulk, UniqueOpts: river.UniqueOpts{ByPeriod: time.Hour}}
}

// Jobs registers this room's job and gives the one that comes round by the clock, each
// hour: it is Monday morning somewhere.
func (s *Service) Jobs(w *river.Workers) []*river.PeriodicJob {
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[weeklyArgs]) error {
		_, err := s.WriteDue(ctx, time.Now())
		return err
	}))
	return []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(time.Hour),
		func() (river.JobArgs, *river.InsertOpts) { return weeklyArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})}
}
