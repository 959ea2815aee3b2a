package identity

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// ExpireSession ends a session as its time would: the proof of isolation can't
// wait for it.
func (s *Service) ExpireSession(ctx context.Context, token string) error {
	_, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE sessions SET expires_at = now() WHERE token_hash = $1`, HashOf(token))
	})
	return err
}

// Deactivate ends somebody's membership at once. It is the operator's. It returns
// fault.NotFound where there is no such active member.
func (s *Service) Deactivate(ctx context.Context, slug, email string) error {
	org, err := s.orgs.BySlug(ctx, slug)
	if err != nil {
		return err
	}
	n, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE people SET active = false, updated_at = now() WHERE org_id = $1 AND email = lower($2) AND kind = 'member' AND active`, org.ID, email)
	})
	if err == nil && n == 0 {
		return fault.NotFound("person", "%s has no active member with that address", org.Name)
	}
	return err
}
