package leads

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// maxReason is how long the reason of a move may be, in characters.
const maxReason = 1000

// Advance moves a lead to another stage and writes the move into its history.
// Winning it opens its claim in the same transaction; losing it needs a reason,
// and so does a step back, which takes identity.StepBack. To the stage where it
// is, it does nothing, so a move may be sent twice. It returns fault.Conflict in
// words where no step leads to the stage, or where the lead is archived.
func (s *Service) Advance(ctx context.Context, id uuid.UUID, to Stage, reason string) (Lead, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Lead{}, err
	}
	reason = strings.TrimSpace(reason)
	if err := checkMove(to, reason); err != nil {
		return Lead{}, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Lead, error) {
		l, err := lock(ctx, tx, id)
		if err != nil || l.Stage == to {
			return l.Lead, err
		}
		if err := l.mayMove(ctx, to, reason); err != nil {
			return Lead{}, err
		}
		return s.move(ctx, tx, l.Lead, to, reason)
	})
}

func checkMove(to Stage, reason string) error {
	f := fault.Fields{}
	if !slices.Contains(Stages, to) {
		f.Add("stage", "%q is not one of %s", to, Join(Stages))
	}
	f.Text("reason", reason, maxReason)
	return f.Err()
}

func (l *Full) mayMove(ctx context.Context, to Stage, reason string) error {
	forward, back := slices.Contains(l.Stage.Next(), to), slices.Contains(l.Stage.Back(), to)
	switch {
	case l.ArchivedAt != nil:
		return fault.Conflict("lead.archived", "%s is archived; restore it first, then move it", l.Title)
	case !forward && !back:
		return fault.Conflict("lead.stage", "a lead that is %s can't become %s; from there it can become %s", l.Stage, to, Join(append(l.Stage.Next(), l.Stage.Back()...)))
	case !forward:
		if err := identity.Require(ctx, identity.StepBack); err != nil {
			return err
		}
		if reason == "" {
			return fault.Invalid("reason", "say why the lead goes back from %s to %s", l.Stage, to)
		}
	case to == StageLost && reason == "":
		return fault.Invalid("reason", "say why the lead was lost: the price, another contractor, no damage …")
	}
	return nil
}

func (s *Service) move(ctx context.Context, tx pgx.Tx, l Lead, to Stage, reason string) (Lead, error) {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return Lead{}, err
	}
	about := activity.About{LeadID: &l.ID, ContactID: l.ContactID, PropertyID: l.PropertyID}
	if to == StageWon {
		claim, err := s.openClaim(ctx, tx, l)
		if err != nil {
			return Lead{}, err
		}
		about.ClaimID = &claim
	}
	if err := activity.Stage(ctx, tx, about, string(l.Stage), string(to), reason); err != nil {
		return Lead{}, err
	}
	return postgres.One[Lead](ctx, tx, `
		UPDATE leads SET version = version + 1, updated_at = now(), updated_by = $2, stage = $3, stage_changed_at = now(),
			dead_reason = CASE WHEN $3 = 'lost' THEN $4 ELSE '' END
		WHERE leads.id = $1 RETURNING `+columns, l.ID, scope.ActorID, to, reason)
}

// Join lists words for people: "contacted or lost".
func Join[S ~string](words []S) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = strings.ReplaceAll(string(w), "_", " ")
	}
	if n := len(list); n > 1 {
		return strings.Join(list[:n-1], ", ") + " or " + list[n-1]
	}
	if len(list) == 0 {
		return "nothing else"
	}
	return list[0]
}
