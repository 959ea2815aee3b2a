package identity

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// purgeEvery is how often ended sessions are looked for.
const purgeEvery = 12 * time.Hour

// purgeArgs asks for PurgeSessions.
type purgeArgs struct{}

// Kind names the job in the queue.
func (purgeArgs) Kind() string { return "identity.purge_sessions" }

// InsertOpts keeps programs that start together from asking for it several times.
func (purgeArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: time.Hour}}
}

type purger struct {
	river.WorkerDefaults[purgeArgs]

	people *Service
}

// Work does one purge.
func (p purger) Work(ctx context.Context, _ *river.Job[purgeArgs]) error {
	_, err := p.people.PurgeSessions(ctx)
	return err
}

// Jobs registers this room's jobs and gives those that come round by the clock.
func (s *Service) Jobs(w *river.Workers) []*river.PeriodicJob {
	river.AddWorker(w, purger{people: s})
	return []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(purgeEvery),
		func() (river.JobArgs, *river.InsertOpts) { return purgeArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})}
}
