package cli

import (
	"context"

	"github.com/skaiscraper/skai/internal/platform/queue"
)

type jobsCommands struct {
	List  jobsList  `cmd:"" help:"List background jobs: those that were given up, unless told otherwise."`
	Retry jobsRetry `cmd:"" help:"Have a job done at once, whatever became of it."`
	Drop  jobsDrop  `cmd:"" help:"Take a job out of the queue for good."`
}

type jobsList struct {
	State  string `help:"available, running, retryable, scheduled, pending, completed, cancelled, or discarded: given up after the last try." default:"discarded" env:"SKAI_JOBS_STATE"`
	Number int    `short:"n" help:"How many, the newest first, 1000 at most." default:"50" env:"SKAI_JOBS_NUMBER"`
}

// Run prints how each queue is, and the jobs.
func (c *jobsList) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		list, err := queue.List(ctx, s.db, c.State, c.Number)
		if err != nil {
			return err
		}
		lines, err := queue.Look(ctx, s.db)
		if err != nil {
			return err
		}
		for _, l := range lines {
			t.printf("%-8s %d to do, the first waits %.0f s (late after %.0f s), %d given up\n", l.Name, l.Depth, l.Oldest.Seconds(), l.Late.Seconds(), l.Dead)
		}
		for _, j := range list {
			org := "-"
			if j.Org.Valid {
				org = j.Org.UUID.String()
			}
			t.printf("%d  %s  %s  %s  %d of %d tries  asked for %s  organisation %s  %s\n", j.ID, j.Kind, j.Queue, j.State, j.Tries, j.Most, j.CreatedAt.UTC().Format("2006-01-02 15:04:05 UTC"), org, j.Error)
		}
		t.printf("%d jobs are %s.\n", len(list), c.State)
		return nil
	})
}

type jobsRetry struct {
	ID int64 `arg:"" help:"The job's number, as skai jobs list prints it."`
}

// Run has the job done again.
func (c *jobsRetry) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		if err := queue.Retry(ctx, s.db, c.ID); err != nil {
			return err
		}
		t.printf("Job %d is done next.\n", c.ID)
		return nil
	})
}

type jobsDrop struct {
	ID int64 `arg:"" help:"The job's number, as skai jobs list prints it."`
}

// Run deletes the job.
func (c *jobsDrop) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		if err := queue.Drop(ctx, s.db, c.ID); err != nil {
			return err
		}
		t.printf("Job %d is gone.\n", c.ID)
		return nil
	})
}
