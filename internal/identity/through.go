package identity

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// noPassword stands for the hash of an account whose person never chose a
// password: an identity provider vouches for them. It opens nothing.
const noPassword = ""

// SSOPath begins the addresses of single sign-on, which package sso serves.
const SSOPath = "/sign-in/sso"

// Provided is what an identity provider says of a session it vouches for.
type Provided struct {
	Subject string // what it calls the person
	Session string // what it calls the session, or ""
}

// EnsureUser gives the account of an address for which an identity provider or a
// directory vouches, and makes one without a password where there is none. It
// returns fault.Forbidden for one that was disabled. It may run in a transaction
// with a scope.
func EnsureUser(ctx context.Context, tx pgx.Tx, email, name string) (id uuid.UUID, err error) {
	err = postgres.As(ctx, tx, postgres.SignIn, func() error {
		if _, err := postgres.Exec(ctx, tx, `
			INSERT INTO users (id, email, name, password_hash, verified_at) VALUES ($1, $2, $3, $4, now()) ON CONFLICT (email) DO NOTHING`, postgres.NewID(), email, name, noPassword); err != nil {
			return err
		}
		id, err = postgres.Value[uuid.UUID](ctx, tx, `SELECT id FROM users WHERE email = $1 AND disabled_at IS NULL`, email)
		return err
	})
	if errors.Is(err, postgres.ErrNoRow) {
		err = fault.Forbidden("sign_in.disabled", "this account was closed by the operator")
	}
	return id, err
}

// Readdress gives a member another address, in a transaction of the organisation
// whose directory says so: their account too, which is why it returns
// fault.Conflict where the account is a member of another organisation as well. That
// another account has the address is an error of the constraint users_email_key.
func Readdress(ctx context.Context, tx pgx.Tx, person uuid.UUID, address string) error {
	user, err := postgres.Value[uuid.UUID](ctx, tx, `UPDATE people SET email = $2, updated_at = now() WHERE id = $1 AND kind = 'member' RETURNING user_id`, person, address)
	if err != nil {
		return err
	}
	return postgres.As(ctx, tx, postgres.SignIn, func() error {
		elsewhere, err := postgres.Value[bool](ctx, tx, `SELECT EXISTS (SELECT FROM people WHERE user_id = $1 AND id <> $2)`, user, person)
		if err == nil && elsewhere {
			err = fault.Conflict("account.elsewhere", "this person's account is a member of another organisation too, so only they can change its address")
		}
		if err != nil {
			return err
		}
		_, err = postgres.Exec(ctx, tx, `UPDATE users SET email = $2, verified_at = now(), updated_at = now() WHERE id = $1`, user, address)
		return err
	})
}

// OpenThrough opens a whole session for a member of org for whom the organisation's
// identity provider vouches. It gives the session's token, and fault.Forbidden
// where the person is no active member any more.
func (s *Service) OpenThrough(ctx context.Context, org, person uuid.UUID, p Provided, d Device) (string, error) {
	token, hash := Token()
	n, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `
			INSERT INTO sessions (id, token_hash, user_id, current_org_id, person_id, user_agent, address, sso, sso_subject, sso_sid, expires_at)
			SELECT $1, $2, u.id, o.id, p.id, $5, $6, true, $7, nullif($8, ''), now() + $9::interval
			FROM people p JOIN users u ON u.id = p.user_id AND u.disabled_at IS NULL JOIN orgs o ON o.id = p.org_id AND o.suspended_at IS NULL
			WHERE p.org_id = $3 AND p.id = $4 AND p.active`,
			postgres.NewID(), hash, org, person, storable(d.UserAgent, 300), addressOrNull(d.Address), p.Subject, p.Session, SessionLife)
	})
	if err == nil && n == 0 {
		err = errNoOrganisation
	}
	return token, err
}

// EndThrough ends the sessions of an organisation that its identity provider names,
// by its name for the session or, where that is "", for the person; it tells how many.
func (s *Service) EndThrough(ctx context.Context, org uuid.UUID, p Provided) (int64, error) {
	return postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `
			UPDATE sessions SET revoked_at = now() WHERE current_org_id = $1 AND sso AND revoked_at IS NULL
				AND CASE WHEN $3 <> '' THEN sso_sid = $3 AND ($2 = '' OR sso_subject = $2) ELSE sso_subject = $2 AND $2 <> '' END`, org, p.Subject, p.Session)
	})
}

// Refused notes in an organisation's trail that somebody who came from its identity
// provider was not let in, and by which code.
func (s *Service) Refused(ctx context.Context, org uuid.UUID, code string) error {
	_, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `SELECT audit.note($1, NULL, 'Somebody', 'person', 'session.refused', 'read', 'sessions', NULL, $2)`, org, code)
	})
	return err
}

// EndCurrent ends the session of a context; none is no error.
func (s *Service) EndCurrent(ctx context.Context) error {
	session, ok := Current(ctx)
	if !ok {
		return nil
	}
	_, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE sessions SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL`, session.ID)
	})
	return err
}

// OnLeaving has the page after signing out offer where the identity provider lets
// its session be ended too. Set it before the program serves.
func (s *Service) OnLeaving(where func(r *http.Request, org uuid.UUID, who Provided) string) {
	s.leave = where
}

// Refresh notes that the person who is signed in has shown that it is them, at
// their identity provider.
func (s *Service) Refresh(ctx context.Context) error {
	session, ok := Current(ctx)
	if !ok || !session.SSO {
		return fault.Unauthenticated("unauthenticated", "sign in first")
	}
	_, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE sessions SET fresh_at = now() WHERE id = $1`, session.ID)
	})
	return err
}
