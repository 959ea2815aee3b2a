package vitals

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Keep is how long minutes are kept.
const Keep = 40 * 24 * time.Hour

// Point is what all processes together were like in a stretch of time. A nil figure is
// one that nobody saw; At alone is a stretch in which none measured.
type Point struct {
	At            time.Time // when it begins
	Measured      int       // minutes in which a process measured
	Processes     int       // at once, at most
	PoolUsed      *int      // connections in use, of all pools together: each one's most of the minute added up, the worst minute
	PoolMost      *int
	GateBusy      *int // requests that were worked on; as PoolUsed
	GateWaiting   *int
	GateLimit     *int
	Refused       *int64   // requests that were turned away for want of room
	Latency       *float64 // ms that the database took to answer a look, on average
	LatencyMax    *float64 // ms
	Missed        *int     // looks that it did not answer
	QueueDepth    *int     // jobs that could be done, at most
	QueueOldest   *float64 // seconds that the first of them waited, at most
	Connections   *int     // of the PostgreSQL server, of everybody, at most
	Active        *int     // of those, of the program's: at work
	InTransaction *int     // of those, of the program's: within a transaction, and doing nothing
	Most          *int     // max_connections

	// Of PgBouncer's pools of the program's database; nil where none was named too.
	BouncerActive  *int     // clients that have a server or ask for nothing, at most
	BouncerWaiting *int     // clients that wait for one, at most
	BouncerServers *int     // connections to PostgreSQL that a client has, at most
	BouncerIdle    *int     // connections that nobody has, at least
	BouncerWait    *float64 // seconds that the first client waited, at most
}

// Series gives what the processes were like, step by step, from a time on, n steps.
func Series(ctx context.Context, db *postgres.DB, from time.Time, step time.Duration, n int) ([]Point, error) {
	list := make([]Point, n)
	for i := range list {
		list[i].At = from.Add(time.Duration(i) * step)
	}
	type found struct {
		Step int
		Point
	}
	rows, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]found, error) {
		return postgres.Many[found](ctx, tx, `
			WITH minutes AS (
				SELECT at, count(*) AS processes, sum(pool_used) AS pool_used, sum(pool_most) AS pool_most, sum(gate_busy) AS gate_busy, sum(gate_waiting) AS gate_waiting,
					sum(gate_limit) AS gate_limit, sum(refused) AS refused, sum(looks) AS looks, sum(missed) AS missed, sum(latency_ms) AS latency, max(latency_max_ms) AS latency_max,
					max(queue_depth) AS queue_depth, max(queue_oldest_s) AS queue_oldest, max(connections) AS connections, max(active) AS active,
					max(in_transaction) AS in_transaction, max(connections_most) AS most, max(bouncer_active) AS bouncer_active, max(bouncer_waiting) AS bouncer_waiting,
					max(bouncer_servers) AS bouncer_servers, min(bouncer_idle) AS bouncer_idle, max(bouncer_wait_s) AS bouncer_wait
				FROM process_minutes WHERE at >= $1 AND at < $2 GROUP BY at)
			SELECT floor(extract(epoch FROM at - $1) / $3::float8)::int AS step, min(at) AS at, count(*)::int AS measured, max(processes)::int AS processes,
				max(pool_used)::int AS pool_used, max(pool_most)::int AS pool_most, max(gate_busy)::int AS gate_busy, max(gate_waiting)::int AS gate_waiting,
				max(gate_limit)::int AS gate_limit, sum(refused)::bigint AS refused, sum(latency) / nullif(sum(looks), 0)::float8 AS latency,
				max(latency_max) FILTER (WHERE looks > 0) AS latency_max, sum(missed)::int AS missed, max(queue_depth)::int AS queue_depth, max(queue_oldest) AS queue_oldest,
				max(connections)::int AS connections, max(active)::int AS active, max(in_transaction)::int AS in_transaction, max(most)::int AS most,
				max(bouncer_active)::int AS bouncer_active, max(bouncer_waiting)::int AS bouncer_waiting, max(bouncer_servers)::int AS bouncer_servers,
				min(bouncer_idle)::int AS bouncer_idle, max(bouncer_wait) AS bouncer_wait
			FROM minutes GROUP BY 1`, from, from.Add(time.Duration(n)*step), step.Seconds())
	})
	for _, f := range rows {
		at := list[f.Step].At
		list[f.Step] = f.Point
		list[f.Step].At = at
	}
	return list, err
}

// Refused counts the requests that all processes turned away between two times for want
// of room. Whose they were nobody knows. It is nil where no process measured.
func Refused(ctx context.Context, db *postgres.DB, from, to time.Time) (*int64, error) {
	return postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (*int64, error) {
		return postgres.Value[*int64](ctx, tx, `SELECT sum(refused)::bigint FROM process_minutes WHERE at >= $1 AND at < $2`, from, to)
	})
}

// Prune forgets what is too old. A job asks for it.
func Prune(ctx context.Context, db *postgres.DB, now time.Time) (int64, error) {
	return postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `DELETE FROM process_minutes WHERE at < $1`, now.Add(-Keep))
	})
}
