// Package queue asks for background jobs in the transaction of the change they
// follow from: with its commit they are there, with its rollback they never were.
// It knows the queues, and shows what waits in them and what was given up.
//
// A try of a job may take a minute, unless its worker says otherwise. What fails is
// tried again after 1, 16, 81, 256… seconds (the number of tries to the power of
// four), 25 times unless its InsertOpts say less; then it is a dead letter, kept for
// seven days. docs/operations.md has the table of kinds.
package queue

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// inserter asks for jobs and does none. It needs no pool: what it does, it does in
// its caller's transaction.
var inserter = sync.OnceValues(func() (*river.Client[pgx.Tx], error) {
	return river.NewClient(riverpgxv5.New(nil), &river.Config{Schema: postgres.RiverSchema, Logger: slog.New(slog.DiscardHandler)})
})

// Insert asks for jobs as part of tx, whichever role tx has: the queue is the
// program's own. One that its InsertOpts call unique and that is there already is
// not asked for again, which is no error.
func Insert(ctx context.Context, tx pgx.Tx, jobs ...river.JobArgs) error {
	if len(jobs) == 0 {
		return nil
	}
	client, err := inserter()
	if err != nil {
		return fmt.Errorf("job queue: %w", err)
	}
	params := make([]river.InsertManyParams, len(jobs))
	for i, args := range jobs {
		params[i] = river.InsertManyParams{Args: args}
	}
	return postgres.As(ctx, tx, postgres.App, func() error {
		if _, err := client.InsertManyTx(ctx, tx, params); err != nil {
			return fmt.Errorf("ask for %s: %w", jobs[0].Kind(), err)
		}
		return nil
	})
}
