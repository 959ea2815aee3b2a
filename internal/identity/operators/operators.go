// Package operators knows the people of whoever runs the platform: who they are, and
// their sessions, which are of no organisation and open none of its pages (ADR 23).
// Signing in is identity's, as everybody's.
package operators

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Idle and Life are how long an operator's session lasts without a request, and in all.
const (
	Idle = 30 * time.Minute
	Life = 12 * time.Hour
)

// Service reads and writes operators and their sessions.
type Service struct{ db *postgres.DB }

// New gives the service.
func New(db *postgres.DB) *Service { return &Service{db} }

// Operator is somebody who runs the platform.
type Operator struct {
	ID         uuid.UUID // the account's
	Name       string
	Email      string
	Since      time.Time
	Factor     bool       // they have a second factor; without one nothing opens
	EnrolUntil time.Time  // until when they may set one up at sign-in
	LastSeenAt *time.Time // nil is not in the last day
}

// Adding is what Add needs.
type Adding struct {
	Email    string
	Name     string // of a new account; where empty, the part of the address before the @
	Password string // of a new account
}

// Add makes somebody an operator, and an account of no organisation where the address
// has none. They may set up their first second factor at sign-in within a day; adding
// them again begins that day anew. It is for the command on the server alone.
func (s *Service) Add(ctx context.Context, a Adding) (created bool, err error) {
	a.Email = strings.ToLower(strings.TrimSpace(a.Email))
	if address, err := mail.ParseAddress(a.Email); err != nil || address.Address != a.Email {
		return false, fault.Invalid("email", "%q is no e-mail address; an example: pat@example.com", a.Email)
	}
	if a.Name == "" {
		a.Name, _, _ = strings.Cut(a.Email, "@")
	}
	if err := identity.CheckPassword(a.Password, a.Email, a.Name, ""); err != nil {
		return false, err
	}
	hash, err := identity.HashPassword(ctx, a.Password)
	if err != nil {
		return false, err
	}
	return postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (bool, error) {
		n, err := postgres.Exec(ctx, tx, `INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, $3, $4) ON CONFLICT (email) DO NOTHING`, postgres.NewID(), a.Email, a.Name, hash)
		if err != nil {
			return false, err
		}
		_, err = postgres.Exec(ctx, tx, `
			INSERT INTO operators (id) SELECT id FROM users WHERE email = $1
			ON CONFLICT (id) DO UPDATE SET enrol_until = now() + interval '24 hours'`, a.Email)
		return n == 1, err
	})
}

// Remove makes somebody an operator no more, from their next request on; their account
// stays. It returns fault.NotFound for an address that is no operator's.
func (s *Service) Remove(ctx context.Context, email string) error {
	n, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `DELETE FROM operators o USING users u WHERE u.id = o.id AND u.email = $1`, strings.ToLower(strings.TrimSpace(email)))
	})
	if err == nil && n == 0 {
		return fault.NotFound("operator", "%s is no operator; skai operator list shows those there are", email)
	}
	return err
}

// List gives all operators by address.
func (s *Service) List(ctx context.Context) ([]Operator, error) {
	return postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) ([]Operator, error) {
		return postgres.Many[Operator](ctx, tx, `
			SELECT o.id, u.name, u.email, o.since, o.enrol_until, EXISTS (SELECT FROM user_factors WHERE user_id = o.id AND confirmed_at IS NOT NULL) AS factor,
				(SELECT max(last_seen_at) FROM operator_sessions WHERE operator_id = o.id AND NOT pending) AS last_seen_at
			FROM operators o JOIN users u ON u.id = o.id ORDER BY u.email`)
	})
}
