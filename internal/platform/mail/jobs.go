package mail

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
)

// tries is how often a mail is tried where the server is away: over eleven hours,
// less often each time.
const tries = 12

// sendArgs is a letter that waits. It holds no secret.
type sendArgs struct {
	Org    *uuid.UUID `json:"org_id,omitempty"` // so that the list of jobs tells whose it is
	Key    string     `json:"key"`
	Letter Letter     `json:"letter"`
}

// Kind names the job in the queue.
func (sendArgs) Kind() string { return "mail.send" }

// InsertOpts bounds the tries, and lets what somebody needs to get in go first.
func (a sendArgs) InsertOpts() river.InsertOpts {
	o := river.InsertOpts{Queue: queue.Alerts, Priority: queue.Usual, MaxAttempts: tries}
	if a.Letter.Urgent {
		o.Priority = queue.Urgent
	}
	return o
}

// Write asks for a letter to be sent once tx is committed, whichever role tx has. One
// whose Key was asked for already within the last 30 days is not sent again. The queue
// keeps a letter for a day: a link that signs somebody in does not belong into it.
func (p *Post) Write(ctx context.Context, tx pgx.Tx, l Letter) error {
	key := "letter:" + l.Key
	if l.Key == "" {
		key = "letter:" + uuid.NewString()
	}
	isNew := false
	err := postgres.As(ctx, tx, postgres.SignIn, func() (err error) {
		isNew, err = note(ctx, tx, l.ask(Try{Key: key}))
		return err
	})
	if err != nil || !isNew {
		return err
	}
	return queue.Insert(ctx, tx, sendArgs{l.ask(Try{}).org(), key, l})
}

// ask is the letter's. That of a program of before has no kind.
func (l Letter) ask(t Try) Ask {
	if l.Kind == "" {
		l.Kind = "letter"
	}
	return Ask{Try: t, Kind: l.Kind, To: l.To, Org: l.Org, Urgent: l.Urgent}
}

type sender struct {
	river.WorkerDefaults[sendArgs]

	db   *postgres.DB
	post *Post
}

// Work sends one letter.
func (s sender) Work(ctx context.Context, job *river.Job[sendArgs]) error {
	t := TryOf(job.JobRow)
	if job.Args.Key != "" {
		t.Key = job.Args.Key
	}
	return s.post.Deliver(ctx, s.db, job.Args.Letter.ask(t), func(context.Context) (Letter, error) { return job.Args.Letter, nil })
}

// Outcome is what a job that sends a letter returns: one that was refused for good
// is not tried again.
func Outcome(err error) error {
	if IsFinal(err) {
		return river.JobCancel(err)
	}
	return err
}

type pruneArgs struct{}

// Kind names the job in the queue.
func (pruneArgs) Kind() string { return "mail.prune" }

// InsertOpts keeps programs on several machines from asking for it several times.
func (pruneArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Bulk, UniqueOpts: river.UniqueOpts{ByPeriod: 24 * time.Hour}}
}

// Jobs registers the jobs that send what Write wrote and forget what is old, and
// gives what comes round by the clock.
func (p *Post) Jobs(db *postgres.DB, w *river.Workers) []*river.PeriodicJob {
	river.AddWorker(w, sender{db: db, post: p})
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[pruneArgs]) error { return prune(ctx, db) }))
	return []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour),
		func() (river.JobArgs, *river.InsertOpts) { return pruneArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})}
}
