package app

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
)

// jobPatience is how long a job may go on when the program is told to stop.
const jobPatience = 20 * time.Second

// Work does background jobs until ctx ends, and lets those that run finish. Any
// number of processes may work on one database.
func (a *App) Work(ctx context.Context) error {
	workers := river.NewWorkers()
	a.Accounts.Jobs(workers)
	a.members.Jobs(workers)
	client, err := river.NewClient(riverpgxv5.New(a.db.Pool), &river.Config{
		Schema:       postgres.RiverSchema,
		Workers:      workers,
		PeriodicJobs: slices.Concat(a.mail.Jobs(a.db, workers), a.People.Jobs(workers), a.trail.Jobs(workers), a.pusher.Jobs(workers), a.measureJobs(workers), a.incidents.Jobs(workers), a.reports.Jobs(workers)),
		Queues:       queue.Workers(),
		Middleware:   []rivertype.Middleware{river.WorkerMiddlewareFunc(a.traced)},
		// Listening needs a connection for itself, which a pooler in transaction
		// mode does not give; a job waits for a second at most.
		PollOnly: true,
		// Rebuilding an index is for the tables' owner, who does not work here.
		ReindexerSchedule: river.NeverSchedule(),
		SoftStopTimeout:   jobPatience,
		Logger:            slog.New(quiet{a.log.Handler()}),
	})
	if err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	defer a.look(ctx)() // so that the others see this process, and what the last jobs were like is written down
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	<-client.Stopped() // the end of ctx stops it
	return nil
}

// quiet leaves out what the job queue says about itself all day long.
type quiet struct{ slog.Handler }

// Enabled lets warnings and errors through.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}
