package dbtest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
)

// Work does every background job that was asked for, and comes back when none
// waits to be done now. The rooms register their jobs. The database is [New]'s: in
// that of [Shared] other tests have jobs too.
func Work(tb testing.TB, db *postgres.DB, jobs ...func(*river.Workers)) {
	tb.Helper()
	workers := river.NewWorkers()
	for _, register := range jobs {
		register(workers)
	}
	client, err := river.NewClient(riverpgxv5.New(db.Pool), &river.Config{
		Schema: postgres.RiverSchema, Workers: workers, TestOnly: true, PollOnly: true, FetchPollInterval: river.FetchCooldownDefault,
		ReindexerSchedule: river.NeverSchedule(), Queues: queue.Workers(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	if err := client.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	for waits := true; waits; {
		waits, err = postgres.Value[bool](tb.Context(), db, `SELECT EXISTS (SELECT FROM river.river_job WHERE state IN ('available', 'running', 'pending'))`)
		if err != nil {
			tb.Fatal(err)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-tb.Context().Done():
			tb.Fatal("the jobs did not end: ", tb.Context().Err())
		}
	}
	if err := client.Stop(context.WithoutCancel(tb.Context())); err != nil {
		tb.Fatal(err)
	}
}
