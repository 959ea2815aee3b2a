package orgs

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Suspend closes an organisation, or opens it again: while it is suspended its
// data stays and nobody of it gets in, from the next request on. It is the
// operator's. It returns fault.NotFound for an unknown slug, and fault.Conflict
// where the organisation is so already.
func (s *Service) Suspend(ctx context.Context, slug string, suspended bool) (Org, error) {
	org, err := s.BySlug(ctx, slug)
	if err != nil {
		return Org{}, err
	}
	n, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE orgs SET suspended_at = CASE WHEN $2 THEN now() END, updated_at = now() WHERE id = $1 AND (suspended_at IS NOT NULL) <> $2`, org.ID, suspended)
	})
	if err == nil && n == 0 {
		state := "open"
		if suspended {
			state = "suspended"
		}
		return org, fault.Conflict("org.suspended", "%s is %s already", org.Name, state)
	}
	return org, err
}
