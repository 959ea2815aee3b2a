// Package trouble keeps what went wrong: each answer of 500 and above, each panic and
// each failed job, grouped by what it was and where, with how often, since when, in
// which release and for how many people. Of an error's words it keeps nothing that was
// put into them, so nobody is named; the whole text is in the log, under the number of
// the request.
package trouble

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

const (
	flushEvery = 5 * time.Second
	keepFor    = 90 * 24 * time.Hour // after it was seen last
	mostGroups = 1000                // that wait to be written
)

// Seen is one time that something went wrong.
type Seen struct {
	Org     uuid.UUID // whose request or job it was; the nil UUID is nobody's
	Person  uuid.UUID // who acted; the nil UUID is nobody
	Place   string    // "GET /claims/{id}", "job mail.send"
	Request string    // under which the log has it; "" of a job
	Err     error

	Panicked bool // Value is what the panic said, and Stack where
	Value    any
	Stack    []byte
}

type key struct{ org, id uuid.UUID }

func before(a, b key) int {
	return cmp.Or(bytes.Compare(a.org[:], b.org[:]), bytes.Compare(a.id[:], b.id[:]))
}

// group is what was seen of one kind since it was written down last.
type group struct {
	description

	place, request string
	count          int64
	first, last    time.Time
	people         map[uuid.UUID]bool
}

// Recorder keeps what one process sees. It is safe for concurrent use.
type Recorder struct {
	db      *postgres.DB
	release string
	sentry  *Sentry // nil sends them nowhere else

	mu      sync.Mutex
	groups  map[key]*group
	dropped int64
}

// New gives the recorder of a process that was built of a release; to is where it sends
// errors besides, nil for nowhere.
func New(db *postgres.DB, release string, to *Sentry) *Recorder {
	return &Recorder{db: db, release: release, sentry: to, groups: map[key]*group{}}
}

// Note keeps one.
func (r *Recorder) Note(s Seen) {
	d := describe(s.Err, s.Panicked, s.Value, s.Stack)
	now := time.Now()
	k := key{s.Org, d.fingerprint(s.Place)}
	if r.sentry != nil {
		r.sentry.send(d, s, k.id)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	g, ok := r.groups[k]
	if !ok {
		if len(r.groups) >= mostGroups {
			r.dropped++
			return
		}
		g = &group{description: d, place: s.Place, first: now, people: map[uuid.UUID]bool{}}
		r.groups[k] = g
	}
	g.count++
	g.last = now
	if s.Request != "" {
		g.request = s.Request
	}
	if s.Person != uuid.Nil {
		g.people[s.Person] = true
	}
}

// Dropped counts the errors there was no room for since the process began.
func (r *Recorder) Dropped() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return float64(r.dropped)
}

// Run writes down what was seen every now and then, and the rest when ctx ends.
func (r *Recorder) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushEvery)
			defer cancel()
			if err := r.Flush(last); err != nil {
				failed(err)
			}
			return
		case <-tick.C:
			if err := r.Flush(ctx); err != nil {
				failed(err)
			}
		}
	}
}

// Flush writes down what was seen. What can't be written, since the database is what
// went wrong, waits for the next time.
func (r *Recorder) Flush(ctx context.Context) error {
	r.mu.Lock()
	taken := r.groups
	r.groups = map[key]*group{}
	r.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	_, err := postgres.System(ctx, r.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		b := &pgx.Batch{}
		for _, k := range slices.SortedFunc(maps.Keys(taken), before) { // two processes that write don't wait for each other in a circle
			r.write(b, k, taken[k])
		}
		return struct{}{}, postgres.Send(ctx, tx, b)
	})
	if err != nil {
		r.putBack(taken)
		return fmt.Errorf("write down %d kinds of errors: %w", len(taken), err)
	}
	return nil
}

// write adds to a group what was seen since; one that was resolved is open again.
func (r *Recorder) write(b *pgx.Batch, k key, g *group) {
	if k.org == uuid.Nil {
		b.Queue(`
			INSERT INTO system_errors AS e (id, place, kind, words, chain, frames, count, first_seen, last_seen, first_release, last_release, request_id)
			VALUES ($1, left($2, 200), $3, left($4, 500), left($5, 1000), $6, $7, $8, $9, $10, $10, $11)
			ON CONFLICT (id) DO UPDATE SET count = e.count + excluded.count, last_seen = greatest(e.last_seen, excluded.last_seen), last_release = excluded.last_release,
				frames = excluded.frames, request_id = excluded.request_id, reopened = e.reopened + (e.resolved_at IS NOT NULL)::int, resolved_at = NULL`,
			k.id, g.place, g.kind, g.words, g.chain, g.frames, g.count, g.first, g.last, r.release, g.request)
		return
	}
	people := make([]uuid.UUID, 0, len(g.people))
	for p := range g.people {
		people = append(people, p)
	}
	// The organisation may have been destroyed since.
	b.Queue(`
		INSERT INTO error_groups AS e (org_id, id, place, kind, words, chain, frames, count, first_seen, last_seen, first_release, last_release, request_id)
		SELECT o.id, $2, left($3, 200), $4, left($5, 500), left($6, 1000), $7, $8, $9, $10, $11, $11, $12 FROM orgs o WHERE o.id = $1
		ON CONFLICT (org_id, id) DO UPDATE SET count = e.count + excluded.count, last_seen = greatest(e.last_seen, excluded.last_seen), last_release = excluded.last_release,
			frames = excluded.frames, request_id = excluded.request_id, reopened = e.reopened + (e.resolved_at IS NOT NULL)::int, resolved_at = NULL`,
		k.org, k.id, g.place, g.kind, g.words, g.chain, g.frames, g.count, g.first, g.last, r.release, g.request)
	b.Queue(`
		INSERT INTO error_people (org_id, error_id, person_id)
		SELECT p.org_id, $2, p.id FROM people p WHERE p.org_id = $1 AND p.id = ANY($3::uuid[]) ON CONFLICT DO NOTHING`, k.org, k.id, people)
}

// putBack adds what could not be written to what was seen meanwhile.
func (r *Recorder) putBack(taken map[key]*group) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, g := range taken {
		now, ok := r.groups[k]
		if !ok {
			r.groups[k] = g
			continue
		}
		now.count += g.count
		now.first = g.first
		for p := range g.people {
			now.people[p] = true
		}
	}
}

// Prune removes what was not seen for 90 days, and gives how many kinds that were.
func Prune(ctx context.Context, db *postgres.DB, now time.Time) (int64, error) {
	return postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		n, err := postgres.Exec(ctx, tx, `DELETE FROM error_groups WHERE last_seen < $1`, now.Add(-keepFor))
		if err != nil {
			return 0, err
		}
		m, err := postgres.Exec(ctx, tx, `DELETE FROM system_errors WHERE last_seen < $1`, now.Add(-keepFor))
		return n + m, err
	})
}
