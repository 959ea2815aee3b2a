package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// HalfLife is how long somebody may take between the password and the second factor.
const HalfLife = 15 * time.Minute

// FreshFor is how long after showing that it is them a person may do what is
// dangerous.
const FreshFor = 15 * time.Minute

// Half is a session that opens nothing yet: its person has shown the password and
// has to show a second factor, or has to get one first.
type Half struct {
	ID     uuid.UUID
	UserID uuid.UUID
	Name   string
	Email  string
	Enrol  bool // they have none yet, and have to have one

	Operator bool // it is that of somebody who runs the platform
}

// Half finds the half-open session of a token. It returns fault.Unauthenticated
// where there is none.
func (s *Service) Half(ctx context.Context, token string) (Half, error) {
	half, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (Half, error) {
		return postgres.One[Half](ctx, tx, `
			SELECT s.id, s.user_id, u.name, u.email, s.pending IS NULL AS enrol, false AS operator
			FROM sessions s JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
			JOIN people p ON p.org_id = s.current_org_id AND p.id = s.person_id AND p.active
			JOIN orgs o ON o.id = p.org_id AND o.suspended_at IS NULL
			WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND s.created_at > now() - make_interval(mins => o.session_life_minutes)
				AND s.last_seen_at > now() - make_interval(mins => o.session_idle_minutes)
				AND (s.pending IS NOT NULL OR NOT s.sso AND p.role = ANY (o.factor_roles) AND o.factor_from <= now()
					AND NOT EXISTS (SELECT FROM user_factors f WHERE f.user_id = s.user_id AND f.confirmed_at IS NOT NULL))
			UNION ALL
			SELECT s.id, u.id, u.name, u.email, f.none, true
			FROM operator_sessions s JOIN operators o ON o.id = s.operator_id JOIN users u ON u.id = o.id AND u.disabled_at IS NULL,
				LATERAL (SELECT NOT EXISTS (SELECT FROM user_factors WHERE user_id = u.id AND confirmed_at IS NOT NULL) AS none) f
			WHERE s.token_hash = $1 AND s.pending AND s.revoked_at IS NULL AND s.created_at > now() - $2::interval AND (NOT f.none OR o.enrol_until > now())`,
			HashOf(token), HalfLife)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return Half{}, fault.Unauthenticated("unauthenticated", "sign in first")
	}
	return half, err
}

// HalfFromRequest is Half for the request's cookie.
func (s *Service) HalfFromRequest(r *http.Request) (Half, error) {
	return s.Half(r.Context(), web.Cookie(r, cookie))
}

// Open makes a half-open session a whole one, in the transaction in which the
// second factor was found to be right, or was set up.
func (h Half) Open(ctx context.Context, tx pgx.Tx) error {
	if h.Operator {
		return h.openAsOperator(ctx, tx)
	}
	_, err := postgres.Exec(ctx, tx, `UPDATE sessions SET pending = NULL, fresh_at = now(), expires_at = created_at + $2::interval WHERE id = $1 AND pending IS NOT NULL`, h.ID, SessionLife)
	return err
}

// OpenFor opens a whole session for somebody who needed no password: a passkey
// that knows its owner is both factors. It gives the session's token.
func (s *Service) OpenFor(ctx context.Context, user uuid.UUID, d Device) (string, error) {
	found, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (credentials, error) {
		return postgres.One[credentials](ctx, tx, `
			SELECT u.id AS user_id, u.password_hash AS hash, m.org_id, m.person_id, coalesce(m.elsewhere, false) AS elsewhere
			FROM users u LEFT JOIN LATERAL (
				SELECT p.org_id, p.id AS person_id, coalesce(c.required AND c.break_glass <> p.id, false) AS elsewhere
				FROM people p JOIN orgs o ON o.id = p.org_id AND o.suspended_at IS NULL LEFT JOIN sso_connections c ON c.org_id = o.id
				WHERE p.user_id = u.id AND p.active ORDER BY elsewhere, o.name, o.id LIMIT 1) m ON true
			WHERE u.id = $1 AND u.disabled_at IS NULL`, user)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return "", errNoOrganisation
	}
	if err != nil {
		return "", err
	}
	if d.Operator || found.OrgID == nil {
		if token, err := s.openOperator(ctx, user, d, attempt{}, true); token != "" || err != nil {
			return token, err
		}
	}
	if err := found.mayEnter(); err != nil {
		return "", err
	}
	token, err := s.openSession(ctx, found, d, attempt{})
	if err != nil {
		return "", err
	}
	_, err = postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE sessions SET pending = NULL, expires_at = created_at + $2::interval WHERE token_hash = $1`, HashOf(token), SessionLife)
	})
	return token, err
}

// RequireFresh refuses a person who has not shown for a while that it is them:
// for what is dangerous. It returns fault.Forbidden with the code "fresh".
func RequireFresh(ctx context.Context) error {
	session, ok := Current(ctx)
	if !ok {
		return fault.Unauthenticated("unauthenticated", "sign in first")
	}
	if time.Since(session.FreshAt) > FreshFor {
		return fault.Forbidden("fresh", "this needs you to show once more that it is you; confirm with your password at %s, then do it again", ConfirmPath)
	}
	return nil
}

// ConfirmPath is the page on which a person shows once more that it is them.
const ConfirmPath = "/settings/confirm"

// Confirm notes that the person who is signed in has shown that it is them, by
// their password. It returns fault.Invalid with the field "current" for a wrong
// one, which counts like those of a sign-in, and fault.Limited after too many.
func (s *Service) Confirm(ctx context.Context, password string, d Device) error {
	session, ok := Current(ctx)
	if !ok {
		return fault.Unauthenticated("unauthenticated", "sign in first")
	}
	attempt, err := s.checkCurrent(ctx, session, password, d)
	if err != nil {
		return err
	}
	_, err = postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		if err := attempt.giveBack(ctx, tx); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `UPDATE sessions SET fresh_at = now() WHERE id = $1`, session.ID)
	})
	return err
}

// Guess counts one guess at what an account keeps secret besides its password,
// before it is looked at: what names it ("factor"), whose is the account. It
// returns fault.Limited after too many wrong ones in a row; take a right one back
// with the function it gives.
func (s *Service) Guess(ctx context.Context, what string, whose uuid.UUID, d Device) (right func(context.Context, pgx.Tx) error, err error) {
	a := attemptOf(what+":"+whose.String(), d.Address)
	return a.giveBack, s.take(ctx, a)
}

// KeepSession gives the browser the session's token.
func KeepSession(w http.ResponseWriter, r *http.Request, token string) {
	web.SetCookie(w, r, cookie, token, SessionLife)
}

// TrustDevice has the browser keep the token by which no second factor is asked for.
func TrustDevice(w http.ResponseWriter, r *http.Request, token string, keep time.Duration) {
	web.SetCookie(w, r, trustCookie, token, keep)
}

// Token makes a secret of 256 random bits and its hash, which is what is kept.
func Token() (token string, hash []byte) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails; it ends the program instead
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, HashOf(token)
}

// Roles are the five roles, from the one that may the most.
func Roles() []tenant.Role { return slices.Clone(everyone) }

// BySession tells senders apart by the session they show, be it half-open.
func BySession() func(*http.Request) (string, error) { return web.ByCookie(cookie) }
