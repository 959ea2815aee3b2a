package orgs

import (
	"context"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// maxReason is the longest reason, in characters, as the table checks.
const maxReason = 300

// Suspend closes an organisation, or opens it again: while it is suspended its
// data stays and nobody of it gets in, from the next request on. The reason, at most
// 300 characters, is in the organisation's trail. It is the operator's. It returns fault.NotFound for an unknown slug, and fault.Conflict
// where the organisation is so already.
func (s *Service) Suspend(ctx context.Context, slug string, suspended bool, reason string) (Org, error) {
	if utf8.RuneCountInString(reason) > maxReason {
		return Org{}, fault.Invalid("reason", "the reason has more than %d characters", maxReason)
	}
	org, err := s.BySlug(ctx, slug)
	if err != nil {
		return Org{}, err
	}
	n, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE orgs SET suspended_at = CASE WHEN $2 THEN now() END, status_reason = $3, updated_at = now() WHERE id = $1 AND (suspended_at IS NOT NULL) <> $2`, org.ID, suspended, reason)
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
