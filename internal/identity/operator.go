package identity

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// AdminPath is where whoever runs the platform works; package admin serves it.
const AdminPath = "/admin"

// leadsToAdmin tells whether an address is the operators'.
func leadsToAdmin(next string) bool {
	path, _, _ := strings.Cut(next, "?")
	return path == AdminPath || strings.HasPrefix(path, AdminPath+"/")
}

// For adds where somebody wants to go, which says as what an operator signs in who is
// a member of an organisation as well.
func (d Device) For(next string) Device {
	d.Operator = leadsToAdmin(next)
	return d
}

// Onward is where somebody goes who shows their second factor: next, but for an
// operator, whose session opens nothing of an organisation's.
func (h Half) Onward(next string) string {
	if h.Operator && !leadsToAdmin(next) {
		return AdminPath
	}
	return next
}

// TokenOf is the token of the session that a request shows, or "".
func TokenOf(r *http.Request) string { return web.Cookie(r, cookie) }

// OnOperator has the sign-in page lead on those who are in as operators already. Set it
// before the program serves.
func (s *Service) OnOperator(inside func(*http.Request) bool) { s.operates = inside }

var errNoFactor = fault.Forbidden("operator.factor", "running the platform needs a second factor, and yours was to be set up within a day. Have skai operator add run once more on the server with your address, then sign in here again")

// openOperator opens an operator's session, which a second factor makes a whole one; a
// passkey that knows its owner is both, so it is whole from the start. It gives "" for
// an account that is no operator's, and fault.Forbidden for one that has no second
// factor and may not set one up any more.
func (s *Service) openOperator(ctx context.Context, user uuid.UUID, d Device, a attempt, whole bool) (token string, err error) {
	secret, hash := Token()
	err = s.signing(ctx, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		type state struct{ Operator, May bool }
		is, err := postgres.One[state](ctx, tx, `
			SELECT o.id IS NOT NULL AS operator, coalesce(o.enrol_until > now(), false) OR EXISTS (SELECT FROM user_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS may
			FROM (VALUES ($1::uuid)) u (id) LEFT JOIN operators o ON o.id = u.id`, user)
		if err != nil || !is.Operator {
			return 0, err
		}
		if !is.May {
			return 0, errNoFactor
		}
		token = secret
		if err := a.giveBack(ctx, tx); err != nil {
			return 0, err
		}
		id := postgres.NewID()
		n, err := postgres.Exec(ctx, tx, `INSERT INTO operator_sessions (id, token_hash, operator_id, pending, user_agent, address) VALUES ($1, $2, $3, $4, $5, $6)`,
			id, hash, user, !whole, storable(d.UserAgent, 300), addressOrNull(d.Address))
		if err == nil && whole {
			err = noteOperator(ctx, tx, user)
		}
		return n, err
	})
	return token, err
}

// noteOperator writes an operator's sign-in into the trail of what is of no organisation.
func noteOperator(ctx context.Context, tx pgx.Tx, user uuid.UUID) error {
	_, err := postgres.Exec(ctx, tx, `
		SELECT audit.note('00000000-0000-0000-0000-000000000000', id, name, 'operator', 'operator.signed_in', 'create', 'operator_sessions', NULL, '') FROM users WHERE id = $1`, user)
	return err
}

// openAsOperator is Open of an operator's session.
func (h Half) openAsOperator(ctx context.Context, tx pgx.Tx) error {
	n, err := postgres.Exec(ctx, tx, `UPDATE operator_sessions SET pending = false WHERE id = $1 AND pending`, h.ID)
	if err != nil || n == 0 {
		return err
	}
	return noteOperator(ctx, tx, h.UserID)
}
