// Package vitals keeps what each process and the database were like, minute by minute,
// for 40 days: connections, the gate, how long the database took to answer, the queue.
// What nobody saw is not kept as zero: it is a gap.
package vitals

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/gate"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

const (
	sampleEvery = time.Second      // how often pool and gate are looked at, in memory
	flushEvery  = 10 * time.Second // how often what was seen is written down
	// mostMinutes is how many are kept in memory while the database is away.
	mostMinutes = 60
)

// minute is what one process saw in a minute. It is a row of process_minutes; nil is
// what it did not see.
type minute struct {
	poolUsed, poolMost, gateLimit, gateBusy, gateWaiting int
	refused                                              int64
	looks, missed                                        int
	latency, latencyMax                                  float64 // ms
	queueDepth                                           *int
	queueOldest                                          *float64 // s
	backends                                             backends
	bouncer                                              *Pools
	changed                                              bool
}

// backends are the connections that the PostgreSQL server has.
type backends struct {
	Connections   *int // of everybody
	Active        *int // the program's, that are at work
	InTransaction *int // the program's, that do nothing within a transaction
	Most          *int
}

// Recorder keeps what one process sees. It is safe for concurrent use.
type Recorder struct {
	db      *postgres.DB
	process uuid.UUID
	gate    *gate.Gate
	bouncer *Bouncer // nil is none
	now     func() time.Time

	mu      sync.Mutex
	minutes map[int64]*minute // by their beginning, in seconds since 1970
	refused int64             // that the gate had turned away at the last sample
}

// New gives the recorder of a process. Its database may stand behind a PgBouncer, which
// is looked at then; nil is none.
func New(db *postgres.DB, process uuid.UUID, g *gate.Gate, b *Bouncer) *Recorder {
	return &Recorder{db: db, process: process, gate: g, bouncer: b, now: time.Now, minutes: map[int64]*minute{}}
}

// this is the minute that is under way. The lock is held.
func (r *Recorder) this() *minute {
	at := r.now().Truncate(time.Minute).Unix()
	m, ok := r.minutes[at]
	if !ok {
		m = &minute{}
		r.minutes[at] = m
	}
	m.changed = true
	return m
}

// Database notes a look at the database: how long it took to answer, or that it did not.
func (r *Recorder) Database(took time.Duration, answered bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.this()
	if !answered {
		m.missed++
		return
	}
	ms := float64(took) / float64(time.Millisecond)
	m.looks++
	m.latency += ms
	m.latencyMax = max(m.latencyMax, ms)
}

// Queue notes how many jobs could be done now, and how long the first of them waits.
func (r *Recorder) Queue(depth int, oldest time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.this()
	m.queueDepth, m.queueOldest = greater(m.queueDepth, &depth), greater(m.queueOldest, new(oldest.Seconds()))
}

// sample looks at the pool and the gate.
func (r *Recorder) sample() {
	pool, g := r.db.Stat(), r.gate.Stats()
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.this()
	m.poolUsed, m.poolMost = max(m.poolUsed, int(pool.AcquiredConns())), int(pool.MaxConns())
	m.gateLimit, m.gateBusy, m.gateWaiting = g.Limit, max(m.gateBusy, g.Busy), max(m.gateWaiting, g.Waiting)
	m.refused += g.Refused - r.refused
	r.refused = g.Refused
}

// greater is the greater of two, where nil is unknown.
func greater[T int | float64](a, b *T) *T {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

// Run looks and writes down what was seen, and the rest when ctx ends.
func (r *Recorder) Run(ctx context.Context, failed func(error)) {
	sample, flush := time.NewTicker(sampleEvery), time.NewTicker(flushEvery)
	defer sample.Stop()
	defer flush.Stop()
	var looking sync.WaitGroup // aside, since a PgBouncer that hangs holds up nothing else
	if r.bouncer != nil {
		looking.Go(func() { r.watchBouncer(ctx, failed) })
	}
	for {
		select {
		case <-ctx.Done():
			looking.Wait()
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushEvery)
			defer cancel()
			if err := r.Flush(last); err != nil {
				failed(err)
			}
			return
		case <-sample.C:
			r.sample()
		case <-flush.C:
			if err := r.Flush(ctx); err != nil {
				failed(err)
			}
		}
	}
}

// count asks the server for its connections. The program's role is told the state of
// its own alone, and of all others how many there are.
func (r *Recorder) count(ctx context.Context) (backends, error) {
	return postgres.One[backends](ctx, r.db.Watch(), `
		SELECT (SELECT sum(numbackends) FROM pg_stat_database)::int AS connections, count(*) FILTER (WHERE state = 'active')::int AS active,
			count(*) FILTER (WHERE state LIKE 'idle in transaction%')::int AS in_transaction, current_setting('max_connections')::int AS most
		FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()`)
}

// Flush looks once more and writes down what was seen so far.
func (r *Recorder) Flush(ctx context.Context) error {
	r.sample()
	if b, err := r.count(ctx); err == nil { // else the same is wrong with what follows
		r.mu.Lock()
		m := r.this()
		m.backends = backends{greater(m.backends.Connections, b.Connections), greater(m.backends.Active, b.Active), greater(m.backends.InTransaction, b.InTransaction), b.Most}
		r.mu.Unlock()
	}
	taken := r.take()
	_, err := postgres.System(ctx, r.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		for at, m := range taken { // one, or two where a minute ended
			if _, err := postgres.Exec(ctx, tx, `
				INSERT INTO process_minutes (at, process_id, pool_used, pool_most, gate_limit, gate_busy, gate_waiting, refused, looks, missed, latency_ms, latency_max_ms,
					queue_depth, queue_oldest_s, connections, active, in_transaction, connections_most, bouncer_active, bouncer_waiting, bouncer_servers, bouncer_idle, bouncer_wait_s)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
				ON CONFLICT (at, process_id) DO UPDATE SET pool_used = excluded.pool_used, pool_most = excluded.pool_most, gate_limit = excluded.gate_limit,
					gate_busy = excluded.gate_busy, gate_waiting = excluded.gate_waiting, refused = excluded.refused, looks = excluded.looks, missed = excluded.missed,
					latency_ms = excluded.latency_ms, latency_max_ms = excluded.latency_max_ms, queue_depth = excluded.queue_depth, queue_oldest_s = excluded.queue_oldest_s,
					connections = excluded.connections, active = excluded.active, in_transaction = excluded.in_transaction, connections_most = excluded.connections_most,
					bouncer_active = excluded.bouncer_active, bouncer_waiting = excluded.bouncer_waiting, bouncer_servers = excluded.bouncer_servers,
					bouncer_idle = excluded.bouncer_idle, bouncer_wait_s = excluded.bouncer_wait_s`,
				append([]any{
					time.Unix(at, 0), r.process, m.poolUsed, m.poolMost, m.gateLimit, m.gateBusy, m.gateWaiting, m.refused, m.looks, m.missed, m.latency, m.latencyMax,
					m.queueDepth, m.queueOldest, m.backends.Connections, m.backends.Active, m.backends.InTransaction, m.backends.Most,
				}, m.bouncer.columns()...)...); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err != nil {
		r.putBack(taken)
		return fmt.Errorf("write down what the process was like: %w", err)
	}
	return nil
}

// take gives what changed since the last time, and forgets minutes that are over.
func (r *Recorder) take() map[int64]minute {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken, this := map[int64]minute{}, r.now().Truncate(time.Minute).Unix()
	for at, m := range r.minutes {
		if m.changed {
			taken[at], m.changed = *m, false
		}
		if at < this {
			delete(r.minutes, at)
		}
	}
	return taken
}

// putBack keeps what could not be written for the next time: the last hour of it.
func (r *Recorder) putBack(taken map[int64]minute) {
	r.mu.Lock()
	defer r.mu.Unlock()
	oldest := r.now().Add(-mostMinutes * time.Minute).Unix()
	for at, m := range taken {
		if now, ok := r.minutes[at]; ok { // it is under way, and has what was taken
			now.changed = true
		} else if at > oldest {
			r.minutes[at] = &m
		}
	}
}
