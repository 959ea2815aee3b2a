package audit

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/platform/queue"
)

type (
	sealArgs  struct{}
	pruneArgs struct{}
)

// Kind names the job in the queue.
func (sealArgs) Kind() string { return "audit.seal" }

// Kind names the job in the queue.
func (pruneArgs) Kind() string { return "audit.prune" }

// InsertOpts keeps programs on several machines from asking for it several times.
func (sealArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: time.Minute}}
}

// InsertOpts keeps programs on several machines from asking for it several times.
func (pruneArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Bulk, UniqueOpts: river.UniqueOpts{ByPeriod: 24 * time.Hour}}
}

// Jobs registers this room's jobs and gives those that come round by the clock: a
// seal each minute, and each day what retention lets go of.
func (s *Service) Jobs(w *river.Workers) []*river.PeriodicJob {
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[sealArgs]) error {
		_, err := s.SealAll(ctx)
		return err
	}))
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[pruneArgs]) error {
		_, err := s.Prune(ctx)
		return err
	}))
	return []*river.PeriodicJob{
		river.NewPeriodicJob(river.PeriodicInterval(time.Minute), func() (river.JobArgs, *river.InsertOpts) { return sealArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
		river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour), func() (river.JobArgs, *river.InsertOpts) { return pruneArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
	}
}
