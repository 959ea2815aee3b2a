package claims

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/claims/estimate"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// EstimatesOf gives a claim's estimates with their lines, the oldest first. It
// returns fault.NotFound where the claim is not in the actor's organisation.
func (s *Service) EstimatesOf(ctx context.Context, claim uuid.UUID) ([]estimate.Estimate, error) {
	if err := identity.Require(ctx, identity.ViewAmounts); err != nil {
		return nil, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]estimate.Estimate, error) {
		var b pgx.Batch
		var there []uuid.UUID
		estimates := []estimate.Estimate{}
		postgres.QueueValues(&b, &there, `SELECT id FROM claims WHERE id = $1`, claim)
		estimate.Queue(&b, claim, true, &estimates)
		if err := postgres.Send(ctx, tx, &b); err != nil {
			return nil, err
		}
		if len(there) == 0 {
			return nil, errNotFound
		}
		return estimates, nil
	})
}
