package cli

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
)

// hopeless is a job that fails at its only try.
type hopeless struct{}

func (hopeless) Kind() string { return "test.hopeless" }
func (hopeless) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Alerts, MaxAttempts: 1}
}

func TestDeadLettersByCommand(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	_, err := postgres.System(t.Context(), db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, queue.Insert(ctx, tx, hopeless{})
	})
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Work(t, db, func(w *river.Workers) {
		river.AddWorker(w, river.WorkFunc(func(context.Context, *river.Job[hopeless]) error { return errors.New("no pat@titan.example here") }))
	})
	list, err := queue.List(t.Context(), db, "discarded", 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	id := strconv.FormatInt(list[0].ID, 10)
	on(t, db, "", "jobs", "list").want(t, exitDone, "alerts   0 to do", "1 given up", id+"  test.hopeless  alerts  discarded  1 of 1 tries", "no … here", "1 jobs are discarded")
	on(t, db, "", "jobs", "list", "--state", "dead").want(t, exitFailed, "it is one of: available")
	on(t, db, "", "jobs", "retry", id).want(t, exitDone, "done next")
	on(t, db, "", "jobs", "list", "--state", "available").want(t, exitDone, "1 jobs are available")
	on(t, db, "", "jobs", "drop", id).want(t, exitDone, "is gone")
	on(t, db, "", "jobs", "drop", id).want(t, exitFailed, "there is no job "+id)
}
