package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// SessionLife is how long a session lasts at most, whatever its organisation says:
// one that allows less ends it earlier, from one request to the next.
const SessionLife = orgs.MaxLife * time.Minute

// Session is a signed-in person in the organisation they look at.
type Session struct {
	ID      uuid.UUID
	UserID  uuid.UUID
	OrgSlug string
	orgs.Place
	PersonID   uuid.UUID
	Name       string
	Email      string
	SSO        bool // came through the organisation's identity provider, and is of that organisation alone
	Unverified bool // nobody has shown yet that mail to the address reaches them
	Role       tenant.Role
	RoleName   string   // of the composed role the person has; "" is none
	Only       []string // what that role leaves of Role's permissions; nil is all
	Rates      tenant.Rates
	LastSeenAt time.Time
	FreshAt    time.Time    // when the person last showed that it is them
	Orgs       []Membership // every organisation the user may switch to, this one too
}

// Membership is an organisation a user may switch to.
type Membership struct {
	OrgID uuid.UUID `json:"org_id"`
	Slug  string    `json:"slug"`
	Name  string    `json:"name"`
	Role  string    `json:"role"`
}

type sessionKey struct{}

// WithSession puts a session and its scope into a context.
func WithSession(ctx context.Context, s Session, requestID string) context.Context {
	ctx = context.WithValue(ctx, sessionKey{}, s)
	return tenant.With(ctx, tenant.Scope{OrgID: s.OrgID, ActorID: s.PersonID, ActorName: s.Name, Role: s.Role, Only: s.Only, RoleName: s.RoleName, Rates: s.Rates, RequestID: requestID, SessionID: s.ID})
}

// Current gives the session of the context; ok is false for commands, jobs and signed-out requests.
func Current(ctx context.Context) (s Session, ok bool) {
	s, ok = ctx.Value(sessionKey{}).(Session)
	return s, ok
}

// Authenticate finds the session of a token, with the membership as it is now.
// It returns fault.Unauthenticated for a token that is unknown, revoked or
// expired, whose person is no longer active, that has a password behind it where
// the organisation wants its identity provider, or who still has to show a second
// factor, or to get one because the organisation asks for it: see [Service.Half].
func (s *Service) Authenticate(ctx context.Context, token string) (Session, error) {
	found, err := postgres.SystemReadOne[Session](ctx, s.db, postgres.SignIn, `
		SELECT s.id, s.user_id, o.id AS org_id, o.slug AS org_slug, o.name AS org_name, o.time_zone, o.brand_color, o.brand_logo IS NOT NULL AS has_logo, o.updated_at AS brand_at,
			p.id AS person_id, p.name, coalesce(p.email, '') AS email, s.sso, u.verified_at IS NULL AS unverified, p.role,
			coalesce(r.name, '') AS role_name, r.permissions AS only, s.last_seen_at, s.fresh_at,
			(SELECT json_object_agg(preset, json_build_object('quota', quota, 'seconds', seconds)) FROM plan_rates WHERE plan = o.plan) AS rates,
			(SELECT json_agg(json_build_object('org_id', o2.id, 'slug', o2.slug, 'name', o2.name, 'role', p2.role) ORDER BY o2.name, o2.id)
			 FROM people p2 JOIN orgs o2 ON o2.id = p2.org_id AND o2.suspended_at IS NULL LEFT JOIN sso_connections c2 ON c2.org_id = o2.id
			 WHERE p2.user_id = s.user_id AND p2.active AND CASE WHEN s.sso THEN o2.id = o.id ELSE c2.required IS NOT TRUE OR c2.break_glass = p2.id END) AS orgs
		FROM sessions s
		JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
		JOIN people p ON p.org_id = s.current_org_id AND p.id = s.person_id AND p.active
		JOIN orgs o ON o.id = p.org_id AND o.suspended_at IS NULL
		LEFT JOIN roles r ON r.org_id = p.org_id AND r.id = p.custom_role_id
		LEFT JOIN sso_connections c ON c.org_id = o.id
		WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND s.created_at > now() - make_interval(mins => o.session_life_minutes)
			AND s.last_seen_at > now() - make_interval(mins => o.session_idle_minutes)
			AND CASE WHEN s.sso THEN c.org_id IS NOT NULL ELSE c.required IS NOT TRUE OR c.break_glass = p.id END
			AND s.pending IS NULL AND NOT (NOT s.sso AND p.role = ANY (o.factor_roles) AND o.factor_from <= now()
				AND NOT EXISTS (SELECT FROM user_factors f WHERE f.user_id = s.user_id AND f.confirmed_at IS NOT NULL))`,
		HashOf(token))
	switch {
	case errors.Is(err, postgres.ErrNoRow):
		return Session{}, fault.Unauthenticated("unauthenticated", "your session has ended; sign in again")
	case err != nil:
		return Session{}, err
	case time.Since(found.LastSeenAt) < time.Minute:
		return found, nil
	}
	return found, postgres.SystemNote(ctx, s.db, postgres.SignIn, `
		WITH person AS (UPDATE people SET last_seen_at = now() WHERE org_id = $2 AND id = $3)
		UPDATE sessions SET last_seen_at = now() WHERE id = $1`, found.ID, found.OrgID, found.PersonID)
}

// SwitchOrg makes another of the user's organisations the session's current
// one; fault.NotFound where they are no member of it, and fault.Forbidden where
// one of the two has its people come through an identity provider: what that says
// of somebody counts in its own organisation alone.
func (s *Service) SwitchOrg(ctx context.Context, org uuid.UUID) error {
	session, ok := Current(ctx)
	if !ok {
		return fault.Unauthenticated("unauthenticated", "sign in first")
	}
	if session.SSO && org != session.OrgID {
		return fault.Forbidden("org.sso", "you came through the identity provider of %s, which opens no other organisation; sign out, then sign in to the other one", session.OrgName)
	}
	moved, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `
			UPDATE sessions s SET current_org_id = p.org_id, person_id = p.id
			FROM people p JOIN orgs o ON o.id = p.org_id AND o.suspended_at IS NULL LEFT JOIN sso_connections c ON c.org_id = o.id
			WHERE p.org_id = $2 AND p.user_id = s.user_id AND p.active AND s.id = $1 AND s.user_id = $3 AND (s.sso OR c.required IS NOT TRUE OR c.break_glass = p.id)`,
			session.ID, org, session.UserID)
	})
	if err == nil && moved == 0 {
		return fault.NotFound("org", "you are no member of that organisation")
	}
	return err
}

// OpenSession is a line of the sessions page.
type OpenSession struct {
	ID         uuid.UUID
	UserAgent  string
	Address    *netip.Addr
	CreatedAt  time.Time
	LastSeenAt time.Time
	ExpiresAt  time.Time // when it ends if it is not used before
}

// Sessions gives the user's own open sessions, the latest used first.
func (s *Service) Sessions(ctx context.Context) ([]OpenSession, error) {
	session, ok := Current(ctx)
	if !ok {
		return nil, fault.Unauthenticated("unauthenticated", "sign in first")
	}
	return postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) ([]OpenSession, error) {
		return postgres.Many[OpenSession](ctx, tx, `
			SELECT s.id, s.user_agent, s.address, s.created_at, s.last_seen_at, least(s.expires_at,
				s.created_at + make_interval(mins => o.session_life_minutes), s.last_seen_at + make_interval(mins => o.session_idle_minutes)) AS expires_at
			FROM sessions s JOIN orgs o ON o.id = s.current_org_id
			WHERE s.user_id = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND s.created_at > now() - make_interval(mins => o.session_life_minutes)
				AND s.last_seen_at > now() - make_interval(mins => o.session_idle_minutes)
			ORDER BY s.last_seen_at DESC, s.id`, session.UserID)
	})
}

// Revoke ends one of the user's own sessions; fault.NotFound for any other.
func (s *Service) Revoke(ctx context.Context, id uuid.UUID) error {
	session, ok := Current(ctx)
	if !ok {
		return fault.Unauthenticated("unauthenticated", "sign in first")
	}
	ended, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE sessions SET revoked_at = now() WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL`, id, session.UserID)
	})
	if err == nil && ended == 0 {
		return fault.NotFound("session", "there is no such open session of yours; it may have ended already")
	}
	return err
}

// RevokeOthers ends every session of the user but the current one and tells how many.
func (s *Service) RevokeOthers(ctx context.Context) (int64, error) {
	session, ok := Current(ctx)
	if !ok {
		return 0, fault.Unauthenticated("unauthenticated", "sign in first")
	}
	return postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE sessions SET revoked_at = now() WHERE id <> $1 AND user_id = $2 AND revoked_at IS NULL`, session.ID, session.UserID)
	})
}

// Ended is a session that was ended.
type Ended struct {
	SSO      bool // it came through the organisation's identity provider
	OrgID    uuid.UUID
	Provided // what that says of it
}

// SignOut ends the session of a token; one that is unknown or has ended is no error,
// and gives the zero value.
func (s *Service) SignOut(ctx context.Context, token string) (Ended, error) {
	return postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (Ended, error) {
		if _, err := postgres.Exec(ctx, tx, `UPDATE operator_sessions SET revoked_at = now() WHERE token_hash = $1 AND revoked_at IS NULL`, HashOf(token)); err != nil {
			return Ended{}, err
		}
		ended, err := postgres.One[Ended](ctx, tx, `
			UPDATE sessions SET revoked_at = now() WHERE token_hash = $1 AND revoked_at IS NULL
			RETURNING sso, current_org_id AS org_id, coalesce(sso_subject, '') AS subject, coalesce(sso_sid, '') AS session`, HashOf(token))
		if errors.Is(err, postgres.ErrNoRow) {
			return Ended{}, nil
		}
		return ended, err
	})
}

// PurgeSessions deletes sessions and failures that ended over 30 days ago and tells how many.
func (s *Service) PurgeSessions(ctx context.Context) (int64, error) {
	return postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM sign_in_failures WHERE last_at < now() - interval '30 days'`); err != nil {
			return 0, err
		}
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM operator_sessions WHERE created_at < now() - interval '2 days'`); err != nil {
			return 0, err
		}
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM trusted_devices WHERE expires_at < now()`); err != nil {
			return 0, err
		}
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM passkey_challenges WHERE expires_at < now()`); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `DELETE FROM sessions WHERE least(expires_at, coalesce(revoked_at, expires_at), last_seen_at + interval '30 days') < now() - interval '30 days'`)
	})
}

// HashOf is the hash of a secret that somebody shows.
func HashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// RequireVerified refuses somebody whose e-mail address nobody has shown to be
// theirs what reaches other people in the organisation's name or gives power over
// it: fault.Forbidden. All other work is open to them.
func RequireVerified(ctx context.Context) error {
	if session, ok := Current(ctx); ok && session.Unverified {
		return fault.Forbidden("unverified", "first confirm that your e-mail address is yours, by the link that was mailed to it; Settings, E-mail address sends it again")
	}
	return nil
}

func digest(s string) string { return base64.RawURLEncoding.EncodeToString(HashOf(s)[:18]) }

func addressOrNull(a netip.Addr) *netip.Addr {
	if !a.IsValid() {
		return nil
	}
	return &a
}

// storable gives at most so many bytes of a text from outside, without what
// PostgreSQL can't store.
func storable(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}
