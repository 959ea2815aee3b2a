package cli

import (
	"context"
	"fmt"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/platform/postgres"
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
func (c *jobsList) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		list, err := queue.List(ctx, s.DB, c.State, c.Number)
		if err != nil {
			return err
		}
		lines, err := queue.Look(ctx, s.DB)
		if err != nil {
			return err
		}
		for _, l := range lines {
			t.Printf("%s\n", l)
		}
		for _, j := range list {
			t.Printf("%s\n", j)
		}
		t.Printf("%d jobs are %s.\n", len(list), c.State)
		return nil
	})
}

type jobNumber struct {
	ID int64 `arg:"" help:"The job's number, as skai jobs list prints it."`
}

type (
	jobsRetry struct{ jobNumber }
	jobsDrop  struct{ jobNumber }
)

// Run has the job done again.
func (c *jobsRetry) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return say(ctx, g, t, fmt.Sprintf("Job %d is done next.", c.ID), func(db *postgres.DB) error { return queue.Retry(ctx, db, c.ID) })
}

// Run deletes the job.
func (c *jobsDrop) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return say(ctx, g, t, fmt.Sprintf("Job %d is gone.", c.ID), func(db *postgres.DB) error { return queue.Drop(ctx, db, c.ID) })
}

// say does something on the database and then prints that it is done.
func say(ctx context.Context, g *desk.Globals, t *desk.Terminal, done string, work func(*postgres.DB) error) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		if err := work(s.DB); err != nil {
			return err
		}
		t.Printf("%s\n", done)
		return nil
	})
}
