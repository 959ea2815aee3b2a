package measure

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Spent is what all requests of a minute took, of all organisations together.
type Spent struct {
	At       time.Time
	Requests int64
	Queries  int64
	Seconds  float64 // that they took, added up: also how many were under way on average, times 60
}

// Cost is what requests of a route took, of all organisations together.
type Cost struct {
	Route    string
	Requests int64
	Queries  int64
	Seconds  float64
}

// Costs gives what answering took between two times, by minute and by route, the most
// expensive first. It is the operator's: no organisation is named. Minutes are kept for
// two days.
func Costs(ctx context.Context, db *postgres.DB, from, to time.Time) (minutes []Spent, routes []Cost, err error) {
	_, err = postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		minutes, err = postgres.Many[Spent](ctx, tx, `
			SELECT at, sum(requests)::bigint AS requests, sum(queries)::bigint AS queries, sum(seconds) AS seconds
			FROM request_stats WHERE grain = 'minute' AND route = $3 AND at >= $1 AND at < $2 GROUP BY at ORDER BY at`, from, to, All)
		if err != nil {
			return struct{}{}, err
		}
		routes, err = postgres.Many[Cost](ctx, tx, `
			SELECT route, sum(requests)::bigint AS requests, sum(queries)::bigint AS queries, sum(seconds) AS seconds
			FROM request_stats WHERE grain = 'minute' AND route <> $3 AND at >= $1 AND at < $2 GROUP BY route ORDER BY sum(seconds) DESC, route`, from, to, All)
		return struct{}{}, err
	})
	return minutes, routes, err
}
