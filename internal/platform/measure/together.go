package measure

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Minute is what the requests of all organisations together were like in one.
type Minute struct {
	At       time.Time
	Requests int64
	Failures int64 // answered with 5xx
	Slow     int64 // took longer than the time that Together was given, right to Accuracy of that time
}

const (
	// settling is how long a minute may still grow after it: processes write every ten
	// seconds, and what the database did not take the next time.
	settling = 5 * time.Minute
	// keepTogether is how long minutes of all together are kept.
	keepTogether = 40 * 24 * time.Hour
)

// Together adds up the requests of all organisations by minute, from where it ended the
// last time until now, so that the last days need not be read again each minute. slow is
// how long a request may take that is not slow. Minutes that Roll took before are left out.
func Together(ctx context.Context, db *postgres.DB, slow time.Duration, now time.Time) error {
	this := now.UTC().Truncate(time.Minute)
	_, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		from, err := postgres.Value[time.Time](ctx, tx, `SELECT greatest((SELECT max(at) FROM service_minutes) - $1::interval, $2)`, settling, this.Add(time.Hour-keepMinutes))
		if err != nil {
			return 0, err
		}
		list, err := together(ctx, tx, slow, from, this)
		if err != nil {
			return 0, err
		}
		for _, m := range list {
			if _, err := postgres.Exec(ctx, tx, `
				INSERT INTO service_minutes (at, requests, failures, slow) VALUES ($1, $2, $3, $4)
				ON CONFLICT (at) DO UPDATE SET requests = excluded.requests, failures = excluded.failures, slow = excluded.slow`,
				m.At, m.Requests, m.Failures, m.Slow); err != nil {
				return 0, err
			}
		}
		return postgres.Exec(ctx, tx, `DELETE FROM service_minutes WHERE at < $1`, this.Add(-keepTogether))
	})
	return err
}

// together gives the minutes from a time until another that have requests.
func together(ctx context.Context, tx pgx.Tx, slow time.Duration, from, to time.Time) (list []Minute, err error) {
	rows, err := tx.Query(ctx, `SELECT at, requests, failures, sketch FROM request_stats WHERE route = $3 AND grain = 'minute' AND at >= $1 AND at <= $2 ORDER BY at`, from, to, All)
	if err != nil {
		return nil, err
	}
	var m Minute
	var raw []byte
	_, err = pgx.ForEachRow(rows, []any{&m.At, &m.Requests, &m.Failures, &raw}, func() error {
		if m.Slow, err = above(raw, slow); err != nil {
			return err
		}
		if n := len(list) - 1; n >= 0 && list[n].At.Equal(m.At) {
			list[n].Requests, list[n].Failures, list[n].Slow = list[n].Requests+m.Requests, list[n].Failures+m.Failures, list[n].Slow+m.Slow
		} else {
			list = append(list, m)
		}
		return nil
	})
	return list, err
}

// above counts what took longer, as a sketch tells it.
func above(raw []byte, limit time.Duration) (int64, error) {
	m := merged{}
	if err := m.add(row{Sketch: raw}); err != nil {
		return 0, err
	}
	var n float64
	m.sketch.ForEach(func(seconds, count float64) bool {
		if seconds > limit.Seconds() {
			n += count
		}
		return false
	})
	return int64(math.Round(n)), nil
}

// Minutes gives the minutes of all organisations together between two times that have
// requests, as Together added them up.
func Minutes(ctx context.Context, db *postgres.DB, from, to time.Time) ([]Minute, error) {
	return postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]Minute, error) {
		return postgres.Many[Minute](ctx, tx, `SELECT at, requests, failures, slow FROM service_minutes WHERE at >= $1 AND at < $2 ORDER BY at`, from, to)
	})
}
