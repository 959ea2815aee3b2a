package mail

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/platform/queue"
)

// tries is how often a mail is tried where the server is away: over eleven hours,
// less often each time.
const tries = 12

// sendArgs is a letter that waits. It holds no secret.
type sendArgs struct {
	Letter Letter `json:"letter"`
}

// Kind names the job in the queue.
func (sendArgs) Kind() string { return "mail.send" }

// InsertOpts bounds the tries.
func (sendArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Alerts, Priority: queue.Usual, MaxAttempts: tries}
}

// Write asks for a letter to be sent once tx is committed. The queue keeps it for
// a day: a link that signs somebody in does not belong into it.
func (p *Post) Write(ctx context.Context, tx pgx.Tx, l Letter) error {
	return queue.Insert(ctx, tx, sendArgs{l})
}

type sender struct {
	river.WorkerDefaults[sendArgs]

	post *Post
}

// Work sends one letter.
func (s sender) Work(ctx context.Context, job *river.Job[sendArgs]) error {
	return Outcome(s.post.Send(ctx, job.Args.Letter))
}

// Outcome is what a job that sends a letter returns: one that was refused for good
// is not tried again.
func Outcome(err error) error {
	if IsFinal(err) {
		return river.JobCancel(err)
	}
	return err
}

// Jobs registers the job that sends what Write wrote.
func (p *Post) Jobs(w *river.Workers) { river.AddWorker(w, sender{post: p}) }
