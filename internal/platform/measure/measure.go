// Package measure keeps how the program answered: each request, by organisation and
// route and minute, in sketches from which any percentile of any stretch of time, of
// all processes together, is right to one per cent (DDSketch: Masson, Rim, Lee, VLDB
// 2019). A minute in which no process measured is a gap, and counts as one.
package measure

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Accuracy is how far a percentile may be from the truth, relative to it.
const Accuracy = 0.01

// flushEvery is how often what was seen is written down.
const flushEvery = 10 * time.Second

// All is the route under which all requests of an organisation stand together.
const All = "*"

// Seen is one request that was answered.
type Seen struct {
	Org     uuid.UUID // of whoever is signed in; the nil UUID is nobody, which is not kept
	Route   string    // "GET /claims/{id}"
	Status  int
	Took    time.Duration
	Bytes   int64
	Queries int64
}

type key struct {
	at    int64 // the minute, in seconds since 1970
	org   uuid.UUID
	route string
}

// cell is what was seen of a route in a minute.
type cell struct {
	requests, failures, refusals, limited, bytes, queries int64
	seconds                                               float64
	sketch                                                *ddsketch.DDSketch
	changed                                               bool
}

// Recorder keeps what one process sees. It is safe for concurrent use.
type Recorder struct {
	db      *postgres.DB
	process uuid.UUID
	now     func() time.Time

	mu    sync.Mutex
	cells map[key]*cell
	since time.Time // measured without a gap from here on
}

// New gives the recorder of a process.
func New(db *postgres.DB, process uuid.UUID) *Recorder {
	return &Recorder{db: db, process: process, now: time.Now, cells: map[key]*cell{}, since: time.Now()}
}

// Observe notes one request.
func (r *Recorder) Observe(s Seen) {
	if s.Org == uuid.Nil {
		return
	}
	at := r.now().Truncate(time.Minute).Unix()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cell(key{at, s.Org, s.Route}).add(s)
	r.cell(key{at, s.Org, All}).add(s)
}

func (r *Recorder) cell(k key) *cell {
	c, ok := r.cells[k]
	if !ok {
		c = &cell{sketch: newSketch()}
		r.cells[k] = c
	}
	return c
}

func newSketch() *ddsketch.DDSketch {
	s, err := ddsketch.LogCollapsingLowestDenseDDSketch(Accuracy, 2048)
	if err != nil {
		panic(err) // the accuracy is a constant, between 0 and 1
	}
	return s
}

func (c *cell) add(s Seen) {
	c.changed = true
	c.requests++
	c.bytes += s.Bytes
	c.queries += s.Queries
	c.seconds += s.Took.Seconds()
	switch {
	case s.Status >= 500:
		c.failures++
	case s.Status >= 400:
		c.refusals++
	}
	if s.Status == http.StatusTooManyRequests {
		c.limited++
	}
	_ = c.sketch.Add(max(s.Took.Seconds(), 1e-6)) // it takes every number that is not negative
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

// batch is what is written in one statement: columns, a row at each index.
type batch struct {
	orgs                                                  []uuid.UUID
	at                                                    []time.Time
	routes                                                []string
	requests, failures, refusals, limited, bytes, queries []int64
	seconds                                               []float64
	sketches                                              [][]byte
}

// take gives what changed since the last time. Minutes that are over are forgotten
// with it; where it can't be written, put them back.
func (r *Recorder) take() (b batch, taken map[key]*cell) {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken = map[key]*cell{}
	this := r.now().Truncate(time.Minute).Unix()
	for k, c := range r.cells {
		if c.changed {
			b.add(k, c)
			taken[k], c.changed = c, false
		}
		if k.at < this-60 {
			delete(r.cells, k)
		}
	}
	return b, taken
}

func (b *batch) add(k key, c *cell) {
	var raw []byte
	c.sketch.Encode(&raw, false)
	b.orgs, b.at, b.routes = append(b.orgs, k.org), append(b.at, time.Unix(k.at, 0)), append(b.routes, k.route)
	b.requests, b.failures, b.refusals = append(b.requests, c.requests), append(b.failures, c.failures), append(b.refusals, c.refusals)
	b.limited = append(b.limited, c.limited)
	b.bytes, b.queries, b.seconds, b.sketches = append(b.bytes, c.bytes), append(b.queries, c.queries), append(b.seconds, c.seconds), append(b.sketches, raw)
}

// Flush writes down what was seen so far.
func (r *Recorder) Flush(ctx context.Context) error {
	b, taken := r.take()
	until := r.now()
	_, err := postgres.System(ctx, r.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		// An organisation may have been destroyed since.
		if _, err := postgres.Exec(ctx, tx, `
			INSERT INTO request_stats (org_id, grain, at, route, process_id, requests, failures, refusals, bytes, queries, seconds, sketch, limited)
			SELECT s.org, 'minute', s.at, left(s.route, 200), $1, s.requests, s.failures, s.refusals, s.bytes, s.queries, s.seconds, s.sketch, s.limited
			FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::float8[], $11::bytea[], $12::bigint[])
				s (org, at, route, requests, failures, refusals, bytes, queries, seconds, sketch, limited) JOIN orgs o ON o.id = s.org
			ORDER BY s.org, s.route, s.at
			ON CONFLICT (org_id, route, grain, at, process_id) DO UPDATE SET requests = excluded.requests, failures = excluded.failures, refusals = excluded.refusals,
				bytes = excluded.bytes, queries = excluded.queries, seconds = excluded.seconds, sketch = excluded.sketch, limited = excluded.limited`,
			r.process, b.orgs, b.at, b.routes, b.requests, b.failures, b.refusals, b.bytes, b.queries, b.seconds, b.sketches, b.limited); err != nil {
			return 0, err
		}
		// The minutes from the last time until now that this process saw whole, or is in.
		return postgres.Exec(ctx, tx, `
			INSERT INTO measured_minutes (at) SELECT generate_series(date_trunc('minute', $1::timestamptz), date_trunc('minute', $2::timestamptz), '1 minute') ON CONFLICT DO NOTHING`,
			r.from(), until)
	})
	if err != nil {
		r.putBack(taken)
		return fmt.Errorf("write down what requests were like: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.since = until
	return nil
}

func (r *Recorder) from() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.since
}

// putBack keeps what could not be written for the next time.
func (r *Recorder) putBack(taken map[key]*cell) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, c := range taken {
		c.changed = true
		r.cells[k] = c
	}
}
