package queue_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// slow is a job of the bulk queue, alert one that somebody waits for.
type (
	slow  struct{ N int }
	alert struct{}
	fails struct {
		OrgID uuid.UUID `json:"org_id"`
	}
)

func (slow) Kind() string                  { return "test.slow" }
func (slow) InsertOpts() river.InsertOpts  { return river.InsertOpts{Queue: queue.Bulk} }
func (alert) Kind() string                 { return "test.alert" }
func (alert) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queue.Alerts} }
func (fails) Kind() string                 { return "test.fails" }
func (fails) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

func insert(t *testing.T, db *postgres.DB, jobs ...river.JobArgs) {
	t.Helper()
	_, err := postgres.System(t.Context(), db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, queue.Insert(ctx, tx, jobs...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, db *postgres.DB, w *river.Workers) {
	t.Helper()
	client, err := river.NewClient(riverpgxv5.New(db.Pool), &river.Config{
		Schema: postgres.RiverSchema, Workers: w, TestOnly: true, PollOnly: true, FetchPollInterval: river.FetchCooldownDefault,
		ReindexerSchedule: river.NeverSchedule(), Queues: queue.Workers(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Stop(context.Background()) })
}

func TestAFloodOfSlowJobsKeepsNoAlertWaiting(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	release, alerted := make(chan struct{}), make(chan struct{}, 1)
	var busy atomic.Int64
	full := make(chan struct{}, 100)
	w := river.NewWorkers()
	river.AddWorker(w, river.WorkFunc(func(context.Context, *river.Job[slow]) error {
		busy.Add(1)
		full <- struct{}{}
		<-release
		return nil
	}))
	river.AddWorker(w, river.WorkFunc(func(context.Context, *river.Job[alert]) error { alerted <- struct{}{}; return nil }))
	flood := make([]river.JobArgs, 50)
	for i := range flood {
		flood[i] = slow{i}
	}
	insert(t, db, flood...)
	start(t, db, w)
	t.Cleanup(func() { close(release) }) // before the client is stopped
	bulk := queue.Workers()[queue.Bulk].MaxWorkers
	for range bulk {
		<-full // every worker of the queue is taken
	}
	insert(t, db, alert{})
	select {
	case <-alerted:
	case <-time.After(10 * time.Second):
		t.Fatal("the alert waits for the slow jobs")
	}
	if n := busy.Load(); n != int64(bulk) {
		t.Errorf("%d slow jobs were begun at once, want %d", n, bulk)
	}
	list, err := queue.Look(t.Context(), db)
	if err != nil || list[2].Name != queue.Bulk || list[2].Depth != 50-bulk || list[0].Depth != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestDeadLettersAreSeenAndDoneAgainOrDropped(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	org := uuid.New()
	var works atomic.Bool
	work := func(w *river.Workers) {
		river.AddWorker(w, river.WorkFunc(func(context.Context, *river.Job[fails]) error {
			if works.Load() {
				return nil
			}
			return errors.New("pat@titan.example, (602) 555-0100: refused at https://titan.example/x?token=abc")
		}))
	}
	insert(t, db, fails{org}, fails{uuid.New()})
	dbtest.Work(t, db, work)
	list, err := queue.List(t.Context(), db, "discarded", 10)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	j := list[1]
	if j.Kind != "test.fails" || j.Queue != queue.Default || j.Tries != 1 || j.Most != 1 || j.Org.UUID != org || !strings.Contains(j.Error, "refused at") {
		t.Errorf("%+v", j)
	}
	for _, secret := range []string{"pat@", "555", "abc", "titan.example"} {
		if strings.Contains(j.Error, secret) {
			t.Errorf("the error tells %s: %s", secret, j.Error)
		}
	}
	if lines, err := queue.Look(t.Context(), db); err != nil || lines[1].Dead != 2 || lines[1].Depth != 0 || lines[1].IsLate() {
		t.Errorf("%+v, %v", lines, err)
	}
	works.Store(true)
	if err := queue.Retry(t.Context(), db, j.ID); err != nil {
		t.Fatal(err)
	}
	dbtest.Work(t, db, work)
	if err := queue.Drop(t.Context(), db, list[0].ID); err != nil {
		t.Fatal(err)
	}
	for state, want := range map[string]int{"discarded": 0, "completed": 1} {
		if left, err := queue.List(t.Context(), db, state, 10); err != nil || len(left) != want {
			t.Errorf("%s: %+v, %v", state, left, err)
		}
	}
	if err := queue.Drop(t.Context(), db, list[0].ID); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("dropped twice: %v", err)
	}
	if err := queue.Retry(t.Context(), db, 1<<40); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("none there: %v", err)
	}
	if _, err := queue.List(t.Context(), db, "dead", 10); !fault.Is(err, fault.KindInvalid) || !strings.Contains(err.Error(), "discarded") {
		t.Errorf("no such state: %v", err)
	}
}

func TestAQueueWhoseFirstJobWaitsTooLongIsLate(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	insert(t, db, alert{}, slow{1})
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `UPDATE river.river_job SET scheduled_at = now() - interval '2 minutes'`); err != nil {
		t.Fatal(err)
	}
	list, err := queue.Look(t.Context(), db)
	if err != nil || !list[0].IsLate() || list[0].Oldest < 2*time.Minute || list[2].IsLate() || list[2].Depth != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestScrub(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"send to <pat@titan.example>: 550 5.1.1": "send to <…>: 550 5.1.1",
		"call +1 (602) 555-0100 now":             "call … now",
		"GET https://a.example/b?c=d: 503":       "GET https… 503",
		"a\nb":                                   "a b",
		strings.Repeat("ä", 300):                 strings.Repeat("ä", 150) + "…",
	} {
		if got := queue.Scrub(words); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}
