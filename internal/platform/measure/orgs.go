package measure

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// OfEach gives what the requests of each of some organisations were like between two
// times, whole minutes, for the operator; one without requests is not in it.
func OfEach(ctx context.Context, db *postgres.DB, orgs []uuid.UUID, from, to time.Time) (map[uuid.UUID]Stats, error) {
	by := map[uuid.UUID]*merged{}
	_, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		rows, err := tx.Query(ctx, `
			SELECT org_id, requests, failures, refusals, limited, bytes, queries, sketch FROM request_stats WHERE org_id = ANY ($1) AND route = $4 AND at >= $2 AND at < $3`, orgs, from, to, All)
		if err != nil {
			return struct{}{}, err
		}
		var org uuid.UUID
		var r row
		_, err = pgx.ForEachRow(rows, []any{&org, &r.Requests, &r.Failures, &r.Refusals, &r.Limited, &r.Bytes, &r.Queries, &r.Sketch}, func() error {
			if by[org] == nil {
				by[org] = &merged{}
			}
			return by[org].add(r)
		})
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	list := make(map[uuid.UUID]Stats, len(by))
	for org, m := range by {
		if err := m.percentiles(); err != nil {
			return nil, err
		}
		list[org] = m.Stats
	}
	return list, nil
}

// LimitedBy counts, for the operator, the requests of an organisation between two times
// that were answered 429, by route ("GET /claims.csv"); routes without any are left out.
func LimitedBy(ctx context.Context, db *postgres.DB, org uuid.UUID, from, to time.Time) (map[string]int64, error) {
	type count struct {
		Route   string
		Limited int64
	}
	rows, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]count, error) {
		return postgres.Many[count](ctx, tx, `
			SELECT route, sum(limited)::bigint AS limited FROM request_stats WHERE org_id = $1 AND route <> $4 AND limited > 0 AND at >= $2 AND at < $3 GROUP BY route`, org, from, to, All)
	})
	list := make(map[string]int64, len(rows))
	for _, r := range rows {
		list[r.Route] = r.Limited
	}
	return list, err
}
