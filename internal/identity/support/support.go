// Package support lets somebody who runs the platform look into an organisation that
// agrees to it: they ask with a reason and for some hours, an owner or admin agrees, and
// either side ends it. They see what a viewer sees and change nothing; the database
// asks for the agreement with every query (ADR 24).
package support

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/operators"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// What the database holds a request to.
const (
	MostHours = 8              // that a look may last
	Answer    = 24 * time.Hour // after which a request that nobody answered lapses
)

// Service reads and writes the agreements.
type Service struct {
	db        *postgres.DB
	operators *operators.Service
	post      *mail.Post
}

// New gives the service.
func New(db *postgres.DB, o *operators.Service, post *mail.Post) *Service {
	return &Service{db, o, post}
}

// State is how a request stands.
type State string

// The states.
const (
	Asked    State = "asked"
	Open     State = "open"  // agreed to, and neither over nor ended
	Over     State = "over"  // its hours are
	Ended    State = "ended" // earlier, by either side
	Declined State = "declined"
	Lapsed   State = "lapsed"   // nobody answered
	Withdrew State = "withdrew" // the operator took it back before an answer
)

// Access is a request to look into an organisation, and what came of it.
type Access struct {
	OrgID     uuid.UUID
	ID        uuid.UUID
	Name      string // the operator's
	Reason    string
	Hours     int
	AskedAt   time.Time
	DecidedAt *time.Time
	DecidedBy string     // of the organisation; "" is nobody yet, and for the operator
	EndsAt    *time.Time // where it was agreed to
	EndedAt   *time.Time
	EndedBy   string // of the organisation; "" is the operator
	State     State
}

// columns are an Access but for the names, which the organisation alone reads.
const columns = `a.org_id, a.id, a.operator AS name, a.reason, a.hours, a.asked_at, a.decided_at, a.ends_at, a.ended_at,
	CASE WHEN a.ended_at IS NOT NULL AND a.decided_at IS NULL THEN CASE WHEN a.ended_at >= a.asked_at + interval '24 hours' THEN 'lapsed' ELSE 'withdrew' END
		WHEN a.ended_at IS NOT NULL THEN 'ended'
		WHEN a.decided_at IS NULL THEN CASE WHEN a.asked_at + interval '24 hours' > now() THEN 'asked' ELSE 'lapsed' END
		WHEN a.ends_at IS NULL THEN 'declined'
		WHEN a.ends_at > now() AND a.operator_id IS NOT NULL THEN 'open' ELSE 'over' END AS state`

// shown bounds the lists: the latest.
const shown = 50

var errGone = fault.Conflict("support.gone", "this request was answered, taken back or ended meanwhile, or nobody answered it for a day; load the page again to see how it stands")

// Ask asks an organisation, for the operator of ctx, to be let in for some hours, and
// writes to its owners and admins. It returns fault.Invalid for a reason or hours that
// can't be, and fault.Conflict where the operator asked already.
func (s *Service) Ask(ctx context.Context, org uuid.UUID, reason string, hours int) error {
	scope, err := operator(ctx)
	if err != nil {
		return err
	}
	problems := fault.Fields{}
	if n := len([]rune(reason)); n < 10 || n > 300 {
		problems.Add("support_reason", "Say in 10 to 300 characters why; the organisation reads it before it agrees.")
	}
	if hours < 1 || hours > MostHours {
		problems.Add("hours", "Choose 1 to %d hours.", MostHours)
	}
	if err := problems.Err(); err != nil {
		return err
	}
	_, err = postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		if _, err := postgres.Exec(ctx, tx, `
			UPDATE support_access SET ended_at = now() WHERE org_id = $1 AND operator_id = $2 AND decided_at IS NULL AND ended_at IS NULL AND asked_at <= now() - interval '24 hours'`, org, scope.ActorID); err != nil {
			return struct{}{}, err
		}
		if _, err := postgres.Exec(ctx, tx, `INSERT INTO support_access (org_id, id, operator_id, operator, reason, hours) VALUES ($1, $2, $3, $4, $5, $6)`,
			org, postgres.NewID(), scope.ActorID, scope.ActorName, reason, hours); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.tellOrg(ctx, tx, org, asking{scope.ActorName, reason, hours})
	})
	if postgres.Constraint(err) == "support_access_asked_idx" {
		return fault.Conflict("support.asked", "you asked already and wait for an answer; take that request back first")
	}
	return err
}

// operator is the scope of whoever runs the platform; fault.Forbidden for all others.
func operator(ctx context.Context) (tenant.Scope, error) {
	scope, ok := tenant.From(ctx)
	if !ok || !scope.Operator {
		return tenant.Scope{}, fault.Forbidden("operator", "only whoever runs the platform asks for this")
	}
	return scope, nil
}

// Withdraw ends what the operator of ctx asked for: the request, or the look itself.
func (s *Service) Withdraw(ctx context.Context, org, id uuid.UUID) error {
	scope, err := operator(ctx)
	if err != nil {
		return err
	}
	n, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `
			UPDATE support_access SET ended_at = now() WHERE org_id = $1 AND id = $2 AND operator_id = $3 AND ended_at IS NULL
				AND (decided_at IS NULL OR ends_at > now())`, org, id, scope.ActorID)
	})
	return oneOf(n, err)
}

// oneOf is errGone where a change found nothing to change.
func oneOf(n int64, err error) error {
	if err == nil && n == 0 {
		return errGone
	}
	return err
}

// Mine gives what the operator of ctx asked an organisation for, the latest first.
func (s *Service) Mine(ctx context.Context, org uuid.UUID) ([]Access, error) {
	scope, err := operator(ctx)
	if err != nil {
		return nil, err
	}
	return postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]Access, error) {
		return postgres.Many[Access](ctx, tx, `SELECT `+columns+`, '' AS decided_by, '' AS ended_by FROM support_access a WHERE org_id = $1 AND operator_id = $2 ORDER BY asked_at DESC, id DESC LIMIT $3`, org, scope.ActorID, shown)
	})
}

// Enter takes the operator of ctx into the organisation that agreed to it; from then on
// their browser sees its pages. It returns fault.Conflict where it does not agree.
func (s *Service) Enter(ctx context.Context, org, id uuid.UUID) error {
	scope, err := operator(ctx)
	if err != nil {
		return err
	}
	_, err = postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		n, err := postgres.Exec(ctx, tx, `
			UPDATE operator_sessions s SET support_org_id = a.org_id, support_id = a.id FROM support_access a
			WHERE s.id = $1 AND a.org_id = $2 AND a.id = $3 AND a.operator_id = s.operator_id AND a.ended_at IS NULL AND a.ends_at > now()`, scope.SessionID, org, id)
		if err := oneOf(n, err); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, note(ctx, tx, org, scope, "support.entered", "")
	})
	return err
}

// Leave takes the operator of ctx out of the organisation they are in; who is in none is no error.
func (s *Service) Leave(ctx context.Context) error {
	scope, err := operator(ctx)
	if err != nil {
		return err
	}
	_, err = postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		org, err := postgres.Value[uuid.UUID](ctx, tx, `
			UPDATE operator_sessions s SET support_org_id = NULL, support_id = NULL FROM operator_sessions o
			WHERE s.id = $1 AND o.id = s.id AND o.support_id IS NOT NULL RETURNING o.support_org_id`, scope.SessionID)
		if errors.Is(err, postgres.ErrNoRow) {
			return struct{}{}, nil
		}
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, note(ctx, tx, org, scope, "support.left", "")
	})
	return err
}

// note writes what an operator does into the organisation's trail.
func note(ctx context.Context, tx pgx.Tx, org uuid.UUID, scope tenant.Scope, action, about string) error {
	_, err := postgres.Exec(ctx, tx, `SELECT audit.note($1, $2, $3, 'operator', $4, 'read', 'support_access', NULL, $5)`, org, scope.ActorID, scope.ActorName, action, about)
	return err
}

// List gives what the organisation was asked for, the latest first. It is for those who may agree.
func (s *Service) List(ctx context.Context) ([]Access, error) {
	if err := identity.Require(ctx, identity.EditSettings); err != nil {
		return nil, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]Access, error) {
		return postgres.Many[Access](ctx, tx, `
			SELECT `+columns+`, coalesce(d.name, '') AS decided_by, coalesce(e.name, '') AS ended_by
			FROM support_access a LEFT JOIN people d ON d.org_id = a.org_id AND d.id = a.decided_by LEFT JOIN people e ON e.org_id = a.org_id AND e.id = a.ended_by
			ORDER BY a.asked_at DESC, a.id DESC LIMIT $1`, shown)
	})
}

// Decide agrees to a request, or declines it, and writes to the operator.
func (s *Service) Decide(ctx context.Context, id uuid.UUID, agree bool) error {
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx, me uuid.UUID) error {
		n, err := postgres.Exec(ctx, tx, `
			UPDATE support_access SET decided_at = now(), decided_by = $2, ends_at = CASE WHEN $3 THEN now() + make_interval(hours => hours) END
			WHERE id = $1 AND decided_at IS NULL AND ended_at IS NULL AND asked_at > now() - interval '24 hours' AND operator_id IS NOT NULL`, id, me, agree)
		if err := changed(ctx, tx, id, n, err); err != nil {
			return err
		}
		return s.tellOperator(ctx, tx, id, agree)
	})
}

// End ends a look before its hours are over, from the operator's next request on.
func (s *Service) End(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx, me uuid.UUID) error {
		n, err := postgres.Exec(ctx, tx, `UPDATE support_access SET ended_at = now(), ended_by = $2 WHERE id = $1 AND ended_at IS NULL AND ends_at > now()`, id, me)
		return changed(ctx, tx, id, n, err)
	})
}

// changed is errGone where a change found nothing to change, and fault.NotFound where
// the organisation has no such request.
func changed(ctx context.Context, tx pgx.Tx, id uuid.UUID, n int64, err error) error {
	if err != nil || n > 0 {
		return err
	}
	there, err := postgres.Value[bool](ctx, tx, `SELECT EXISTS (SELECT FROM support_access WHERE id = $1)`, id)
	if err == nil && !there {
		err = fault.NotFound("support", "there is no such request; the list under Settings, Support access shows those there are")
	}
	if err == nil {
		err = errGone
	}
	return err
}

// change does something in the organisation's name, for those who may.
func (s *Service) change(ctx context.Context, do func(context.Context, pgx.Tx, uuid.UUID) error) error {
	if err := identity.Require(ctx, identity.EditSettings); err != nil {
		return err
	}
	if err := identity.RequireVerified(ctx); err != nil {
		return err
	}
	scope, err := tenant.Must(ctx)
	if err != nil {
		return err
	}
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error { return do(ctx, tx, scope.ActorID) })
}
