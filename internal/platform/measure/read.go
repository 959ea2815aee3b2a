package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// How long what was measured is kept: in minutes, then in hours.
const (
	keepMinutes = 48 * time.Hour
	keepHours   = 400 * 24 * time.Hour
)

// Stats are what requests were like in a stretch of time.
type Stats struct {
	Requests int64
	Failures int64 // answered with 5xx
	Refusals int64 // answered with 4xx
	Limited  int64 // of those, with 429: more than a preset allows
	Bytes    int64
	Queries  int64
	P50      float64 // milliseconds, right to Accuracy; 0 where there was no request
	P95      float64
	P99      float64
	Measured int64 // minutes in which a process measured
	Minutes  int64 // of the stretch
}

// Completeness is the part of the time of which anything is known, from 0 to 1.
func (s Stats) Completeness() float64 {
	if s.Minutes == 0 {
		return 0
	}
	return float64(s.Measured) / float64(s.Minutes)
}

// ErrorRate is the part of the requests that were answered with 5xx, from 0 to 1.
func (s Stats) ErrorRate() float64 {
	if s.Requests == 0 {
		return 0
	}
	return float64(s.Failures) / float64(s.Requests)
}

// Route is what requests of a route were like.
type Route struct {
	Name string
	Stats
}

type row struct {
	Route    string
	Requests int64
	Failures int64
	Refusals int64
	Limited  int64
	Bytes    int64
	Queries  int64
	Seconds  float64
	Sketch   []byte
}

// merged adds up rows.
type merged struct {
	Stats

	seconds float64 // that they took together
	sketch  *ddsketch.DDSketch
}

func (m *merged) add(r row) error {
	if m.sketch == nil {
		m.sketch = newSketch()
	}
	m.Requests += r.Requests
	m.Failures += r.Failures
	m.Refusals += r.Refusals
	m.Limited += r.Limited
	m.Bytes += r.Bytes
	m.Queries += r.Queries
	m.seconds += r.Seconds
	if err := m.sketch.DecodeAndMergeWith(r.Sketch); err != nil {
		return fmt.Errorf("a sketch can't be read: %w", err)
	}
	return nil
}

// percentiles fills them in.
func (m *merged) percentiles() error {
	if m.sketch == nil || m.Requests == 0 {
		return nil
	}
	at, err := m.sketch.GetValuesAtQuantiles([]float64{0.5, 0.95, 0.99})
	if err != nil {
		return err
	}
	for i, into := range []*float64{&m.P50, &m.P95, &m.P99} {
		*into = math.Round(at[i]*1e6) / 1e3
	}
	return nil
}

// Window gives what the requests of the scope's organisation were like, all together,
// between two times, whole minutes.
func Window(ctx context.Context, db *postgres.DB, from, to time.Time) (Stats, error) {
	var m merged
	_, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		if err := each(ctx, tx, `
			SELECT route, requests, failures, refusals, limited, bytes, queries, seconds, sketch FROM request_stats WHERE route = $3 AND at >= $1 AND at < $2`,
			func(r row) error { return m.add(r) }, from, to, All); err != nil {
			return struct{}{}, err
		}
		var err error
		m.Measured, err = postgres.Value[int64](ctx, tx, `SELECT count(*) FROM measured_minutes WHERE at >= $1 AND at < $2`, from, to)
		return struct{}{}, err
	})
	m.Minutes = int64(to.Sub(from) / time.Minute)
	return m.Stats, errors.Join(err, m.percentiles())
}

// Routes gives the same by route, the one first whose requests took the longest together.
func Routes(ctx context.Context, db *postgres.DB, from, to time.Time) ([]Route, error) {
	by := map[string]*merged{}
	_, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, each(ctx, tx, `
			SELECT route, requests, failures, refusals, limited, bytes, queries, seconds, sketch FROM request_stats WHERE route <> $3 AND at >= $1 AND at < $2`, func(r row) error {
			if by[r.Route] == nil {
				by[r.Route] = &merged{}
			}
			return by[r.Route].add(r)
		}, from, to, All)
	})
	if err != nil {
		return nil, err
	}
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b].seconds, by[a].seconds), cmp.Compare(a, b))
	})
	list := make([]Route, len(names))
	for i, name := range names {
		if err := by[name].percentiles(); err != nil {
			return nil, err
		}
		list[i] = Route{name, by[name].Stats}
	}
	return list, nil
}

// Point is one step of a series.
type Point struct {
	At time.Time // when the step begins
	Stats
}

// Series gives what the requests of the scope's organisation were like, step by step,
// from a time on, n steps. A step in which nobody measured has Measured 0. Times that
// are older than two days are known by the hour, so a step should be no shorter there.
func Series(ctx context.Context, db *postgres.DB, from time.Time, step time.Duration, n int) ([]Point, error) {
	steps, to := make([]merged, n), from.Add(time.Duration(n)*step)
	at := func(t time.Time) int { return min(int(t.Sub(from)/step), n-1) }
	_, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		rows, err := tx.Query(ctx, `SELECT at, requests, failures, refusals, bytes, queries, sketch FROM request_stats WHERE route = $3 AND at >= $1 AND at < $2`, from, to, All)
		if err != nil {
			return struct{}{}, err
		}
		var r row
		var begins time.Time
		if _, err := pgx.ForEachRow(rows, []any{&begins, &r.Requests, &r.Failures, &r.Refusals, &r.Bytes, &r.Queries, &r.Sketch}, func() error { return steps[at(begins)].add(r) }); err != nil {
			return struct{}{}, err
		}
		if rows, err = tx.Query(ctx, `SELECT at FROM measured_minutes WHERE at >= $1 AND at < $2`, from, to); err != nil {
			return struct{}{}, err
		}
		_, err = pgx.ForEachRow(rows, []any{&begins}, func() error { steps[at(begins)].Measured++; return nil })
		return struct{}{}, err
	})
	list := make([]Point, n)
	for i := range steps {
		if err == nil {
			err = steps[i].percentiles()
		}
		steps[i].Minutes = int64(step / time.Minute)
		list[i] = Point{from.Add(time.Duration(i) * step), steps[i].Stats}
	}
	return list, err
}

// each reads rows one after the other, so that a year's need no memory.
func each(ctx context.Context, tx pgx.Tx, sql string, do func(row) error, args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var r row
	_, err = pgx.ForEachRow(rows, []any{&r.Route, &r.Requests, &r.Failures, &r.Refusals, &r.Limited, &r.Bytes, &r.Queries, &r.Seconds, &r.Sketch}, func() error { return do(r) })
	return err
}

// Roll makes hours of the minutes that are older than two days, and forgets what is
// older than 400 days; it tells how many minutes those were. A job asks for it.
func Roll(ctx context.Context, db *postgres.DB, now time.Time) (minutes int64, err error) {
	before := now.Add(-keepMinutes).Truncate(time.Hour)
	for {
		n, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) { return rollSome(ctx, tx, before) })
		minutes += n
		if err != nil || n == 0 {
			break
		}
	}
	_, gone := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM request_stats WHERE grain = 'hour' AND at < $1`, now.Add(-keepHours)); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `DELETE FROM measured_minutes WHERE at < $1`, now.Add(-keepHours))
	})
	return minutes, errors.Join(err, gone)
}

// rollSome rolls the oldest hour of one organisation's route.
func rollSome(ctx context.Context, tx pgx.Tx, before time.Time) (int64, error) {
	type hour struct {
		OrgID uuid.UUID
		Route string
		At    time.Time
	}
	h, err := postgres.One[hour](ctx, tx, `
		SELECT org_id, route, date_trunc('hour', at, 'UTC') AS at FROM request_stats WHERE grain = 'minute' AND at < $1 ORDER BY grain, at LIMIT 1`, before)
	if errors.Is(err, postgres.ErrNoRow) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	rows, err := postgres.Many[row](ctx, tx, `
		DELETE FROM request_stats WHERE org_id = $1 AND route = $2 AND grain = 'minute' AND at >= $3 AND at < $3 + interval '1 hour'
		RETURNING route, requests, failures, refusals, limited, bytes, queries, seconds, sketch`, h.OrgID, h.Route, h.At)
	if err != nil {
		return 0, err
	}
	var m merged
	for _, r := range rows {
		if err := m.add(r); err != nil {
			return 0, err
		}
	}
	var raw []byte
	m.sketch.Encode(&raw, false)
	_, err = postgres.Exec(ctx, tx, `
		INSERT INTO request_stats (org_id, grain, at, route, process_id, requests, failures, refusals, bytes, queries, seconds, sketch, limited)
		VALUES ($1, 'hour', $2, $3, gen_random_uuid(), $4, $5, $6, $7, $8, $9, $10, $11)`,
		h.OrgID, h.At, h.Route, m.Requests, m.Failures, m.Refusals, m.Bytes, m.Queries, m.seconds, raw, m.Limited)
	return int64(len(rows)), err
}
