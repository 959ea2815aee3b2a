package factors

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// MostGrace is the longest time people may be given to set a factor up, in days.
const MostGrace = 90

// Policy says whom an organisation asks for a second factor.
type Policy struct {
	Roles []string   // tenant.Role words; none asks nobody
	From  *time.Time // from then on they don't get in without; nil where nobody is asked
	// How many of the people of those roles have none yet.
	Without int
}

// Policy gives the organisation's policy.
func (s *Service) Policy(ctx context.Context) (Policy, error) {
	if err := identity.Require(ctx, identity.EditSettings); err != nil {
		return Policy{}, err
	}
	p, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Policy, error) {
		return postgres.One[Policy](ctx, tx, `SELECT factor_roles AS roles, factor_from AS from, 0 AS without FROM orgs WHERE id = current_org()`)
	})
	if err != nil {
		return Policy{}, err
	}
	scope, err := tenant.Must(ctx)
	if err != nil {
		return Policy{}, err
	}
	p.Without, err = system(ctx, s, func(ctx context.Context, tx pgx.Tx) (int, error) {
		return postgres.Value[int](ctx, tx, `
			SELECT count(*)::int FROM people p WHERE p.org_id = $1 AND p.active AND p.kind = 'member' AND p.role = ANY ($2)
				AND NOT EXISTS (SELECT FROM user_factors f WHERE f.user_id = p.user_id AND f.confirmed_at IS NOT NULL)`, scope.OrgID, p.Roles)
	})
	return p, err
}

// SetPolicy asks the people of some roles for a second factor, from graceDays
// days from now on; at once with 0. Without roles nobody is asked. It returns
// fault.Invalid with the fields "roles" and "grace", and fault.Conflict where the
// person who asks for it at once would be the first to stand outside.
func (s *Service) SetPolicy(ctx context.Context, roles []string, graceDays int) error {
	if err := identity.Require(ctx, identity.EditSettings); err != nil {
		return err
	}
	me, err := fresh(ctx)
	if err != nil {
		return err
	}
	problems := fault.Fields{}
	for _, role := range roles {
		if !slices.Contains(identity.Roles(), tenant.Role(role)) {
			problems.Add("roles", "%q is no role; it is one of owner, admin, manager, member, viewer", role)
		}
	}
	if graceDays < 0 || graceDays > MostGrace {
		problems.Add("grace", "give people between 0 and %d days to set it up", MostGrace)
	}
	if err := problems.Err(); err != nil {
		return err
	}
	if graceDays == 0 && slices.Contains(roles, string(me.Role)) {
		if has, err := s.has(ctx, me); err != nil || !has {
			if err != nil {
				return err
			}
			return fault.Conflict("factor.self", "you have no second factor yourself and would stand outside at once; set one up first, or give people some days")
		}
	}
	asked := append([]string{}, roles...) // not nil, which would be NULL
	slices.Sort(asked)
	return s.orgs.AskForFactor(ctx, slices.Compact(asked), graceDays)
}

func (s *Service) has(ctx context.Context, me identity.Session) (bool, error) {
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) (bool, error) {
		return postgres.Value[bool](ctx, tx, `SELECT EXISTS (SELECT FROM user_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL)`, me.UserID)
	})
}
