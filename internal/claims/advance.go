package claims

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Advance moves a claim to another stage and writes the move into its history. A
// step back, or out of cancelled to where the claim was, takes identity.StepBack
// and a reason. To the stage where it is, it does nothing, so a move may be sent
// twice. It returns fault.Conflict in words where no step leads to the stage, or
// where the claim is archived.
func (s *Service) Advance(ctx context.Context, id uuid.UUID, to Stage, reason string) (Claim, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Claim{}, err
	}
	reason = strings.TrimSpace(reason)
	f := fault.Fields{}
	leads.OneOf(f, "stage", to, Stages)
	f.Text("reason", reason, 1000)
	if err := f.Err(); err != nil {
		return Claim{}, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Claim, error) {
		c, err := lock(ctx, tx, id)
		if err != nil || c.Stage == to {
			return c.Claim, err
		}
		if err := c.mayMove(ctx, to, reason); err != nil {
			return Claim{}, err
		}
		return move(ctx, tx, c.Claim, to, reason)
	})
}

// back are the stages to which a manager may take the claim back.
func (c *Claim) back() []Stage {
	if c.Stage == StageCancelled {
		return []Stage{c.StageBefore}
	}
	return c.Stage.Back(c.Kind)
}

func (c *Full) mayMove(ctx context.Context, to Stage, reason string) error {
	next := c.Stage.Next(c.Kind)
	switch {
	case c.ArchivedAt != nil:
		return fault.Conflict("claim.archived", "%s is archived; restore it first, then move it", c.Name())
	case slices.Contains(next, to):
		return nil
	case !slices.Contains(c.back(), to):
		return fault.Conflict("claim.stage", "%s is a %s claim that is %s and can't become %s; from there it can become %s",
			c.Name(), c.Kind, leads.Join([]Stage{c.Stage}), leads.Join([]Stage{to}), leads.Join(append(next, c.back()...)))
	}
	if err := identity.Require(ctx, identity.StepBack); err != nil {
		return err
	}
	if reason == "" {
		return fault.Invalid("reason", "say why the claim goes back from %s to %s", leads.Join([]Stage{c.Stage}), leads.Join([]Stage{to}))
	}
	return nil
}

func move(ctx context.Context, tx pgx.Tx, c Claim, to Stage, reason string) (Claim, error) {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return Claim{}, err
	}
	about := activity.About{ClaimID: &c.ID, ContactID: c.ContactID, PropertyID: c.PropertyID}
	if err := activity.Stage(ctx, tx, about, string(c.Stage), string(to), reason); err != nil {
		return Claim{}, err
	}
	return postgres.One[Claim](ctx, tx, `
		UPDATE claims SET version = version + 1, updated_at = now(), updated_by = $2, stage = $3, stage_changed_at = now(),
			stage_before = CASE WHEN $3 = 'cancelled' THEN stage END
		WHERE claims.id = $1 RETURNING `+columns, c.ID, scope.ActorID, to)
}
