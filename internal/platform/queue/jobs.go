package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Job is one as the operator sees it: without what it is about, which may be
// people's.
type Job struct {
	ID        int64
	Kind      string
	Queue     string
	State     string // one of States
	Tries     int
	Most      int           // tries
	CreatedAt time.Time     // when it was asked for
	Next      time.Time     // when it may be done; of one that is over, was
	Org       uuid.NullUUID // whose it is, where it says so
	Error     string        // of the last try, without addresses, tokens and long numbers
}

// String is a line for the operator.
func (j Job) String() string {
	org := "-"
	if j.Org.Valid {
		org = j.Org.UUID.String()
	}
	return fmt.Sprintf("%d  %s  %s  %s  %d of %d tries  asked for %s  organisation %s  %s", j.ID, j.Kind, j.Queue, j.State, j.Tries, j.Most, j.CreatedAt.UTC().Format("2006-01-02 15:04:05 UTC"), org, j.Error)
}

// States are those a job may be in, as River names them. A completed or cancelled
// one is kept for a day, a discarded one, which is a dead letter, for a week.
func States() []string {
	all := rivertype.JobStates()
	list := make([]string, len(all))
	for i, s := range all {
		list[i] = string(s)
	}
	return list
}

// mostListed bounds what List gives.
const mostListed = 1000

// List gives the newest jobs of a state, at most so many (1 to 1000). It returns fault.Invalid
// for a state there is none of.
func List(ctx context.Context, db *postgres.DB, state string, most int) ([]Job, error) {
	client, err := watcher(db)
	if err != nil {
		return nil, err
	}
	known := false
	for _, s := range rivertype.JobStates() {
		known = known || string(s) == state
	}
	if !known {
		return nil, fault.Invalid("state", "a job is never %q; it is one of: %s", state, strings.Join(States(), ", "))
	}
	found, err := client.JobList(ctx, river.NewJobListParams().States(rivertype.JobState(state)).OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(min(max(most, 1), mostListed)))
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	list := make([]Job, len(found.Jobs))
	for i, j := range found.Jobs {
		list[i] = asJob(j)
	}
	return list, nil
}

func asJob(j *rivertype.JobRow) Job {
	out := Job{ID: j.ID, Kind: j.Kind, Queue: j.Queue, State: string(j.State), Tries: j.Attempt, Most: j.MaxAttempts, CreatedAt: j.CreatedAt, Next: j.ScheduledAt}
	var args struct {
		Org string `json:"org_id"`
	}
	if json.Unmarshal(j.EncodedArgs, &args) == nil { // one that is of no organisation does not say
		if id, err := uuid.Parse(args.Org); err == nil {
			out.Org = uuid.NullUUID{UUID: id, Valid: true}
		}
	}
	if from := OriginOf(j.Metadata); !out.Org.Valid && from.Org != uuid.Nil { // asked for by somebody of it
		out.Org = uuid.NullUUID{UUID: from.Org, Valid: true}
	}
	if n := len(j.Errors); n > 0 {
		out.Error = Scrub(j.Errors[n-1].Error)
	}
	return out
}

// Retry has a job done at once, whatever became of it; one that had all its tries
// gets another one. It returns fault.NotFound, and fault.Conflict while it is being done.
func Retry(ctx context.Context, db *postgres.DB, id int64) error {
	client, err := watcher(db)
	if err != nil {
		return err
	}
	j, err := client.JobRetry(ctx, id)
	if err != nil {
		return worded(id, err)
	}
	if j.State == rivertype.JobStateRunning {
		return worded(id, rivertype.ErrJobRunning)
	}
	return nil
}

// Drop takes a job out of the queue for good. It returns fault.NotFound, and
// fault.Conflict while it is being done.
func Drop(ctx context.Context, db *postgres.DB, id int64) error {
	client, err := watcher(db)
	if err != nil {
		return err
	}
	_, err = client.JobDelete(ctx, id)
	return worded(id, err)
}

func worded(id int64, err error) error {
	switch {
	case errors.Is(err, rivertype.ErrNotFound):
		return fault.NotFound("job", "there is no job %d any more; skai jobs list shows those there are", id)
	case errors.Is(err, rivertype.ErrJobRunning):
		return fault.Conflict("job", "job %d is being done at this moment; wait for its end", id)
	case err != nil:
		return fmt.Errorf("job %d: %w", id, err)
	}
	return nil
}

// watcher looks at jobs and does none.
func watcher(db *postgres.DB) (*river.Client[pgx.Tx], error) {
	client, err := river.NewClient(riverpgxv5.New(db.Pool), &river.Config{Schema: postgres.RiverSchema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return client, nil
}

// personal is what may tell of a person, or open something, in an error's words.
var personal = regexp.MustCompile(`[^\s"'<>(),;:=]+@[^\s"'<>(),;:]+|(token|code|secret|password)=[^\s&"']+|\+?\(?\d(?:[ ().-]*\d){8,}|(://)[^\s"']+`)

// mostWords is how much of an error is shown, in bytes.
const mostWords = 300

// Scrub takes out of an error's words what may be people's or secret: addresses of
// mail and of the web, tokens, long numbers.
func Scrub(words string) string {
	words = personal.ReplaceAllString(strings.Join(strings.Fields(words), " "), "…")
	if len(words) > mostWords {
		words = strings.ToValidUTF8(words[:mostWords], "") + "…"
	}
	return words
}
