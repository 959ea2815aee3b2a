package operators

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// session is an operator who is signed in.
type session struct {
	ID         uuid.UUID
	UserID     uuid.UUID
	Name       string
	Email      string
	Live       bool // whole, and neither too old nor too long without use
	LastSeenAt time.Time
}

var errNothing = fault.NotFound("not_found", "there is nothing here")

// FromRequest finds out which operator sends a request. It returns fault.NotFound for
// everybody else, be they signed in to an organisation or not, and
// fault.Unauthenticated for an operator whose session has ended or is half open.
func (s *Service) FromRequest(r *http.Request) (context.Context, error) {
	token := identity.TokenOf(r)
	if token == "" {
		return nil, errNothing
	}
	found, err := s.find(r.Context(), token)
	if errors.Is(err, postgres.ErrNoRow) {
		return nil, errNothing
	}
	if err != nil {
		return nil, err
	}
	if !found.Live {
		return nil, fault.Unauthenticated("unauthenticated", "your session has ended; sign in again")
	}
	ctx := tenant.With(r.Context(), tenant.Scope{ActorID: found.UserID, ActorName: found.Name, Operator: true, RequestID: web.RequestID(r.Context()), SessionID: found.ID})
	return ui.WithViewer(ctx, ui.Viewer{
		Name: found.Name, Email: found.Email, Role: "Operator", Home: identity.AdminPath, Org: ui.Org{Name: "The platform"},
		Sections: []ui.Section{Organisations, Platform, Jobs},
	}), nil
}

// The places of an operator, which package admin serves.
var (
	Organisations = ui.Section{Text: "Organisations", URL: identity.AdminPath, Icon: "building", Shortcut: "o"}
	Platform      = ui.Section{Text: "Platform", URL: identity.AdminPath + "/platform", Icon: "clock", Shortcut: "p"}
	Jobs          = ui.Section{Text: "Jobs", URL: identity.AdminPath + "/jobs", Icon: "list", Shortcut: "j"}
)

// Inside tells whether a request comes from an operator who is signed in.
func (s *Service) Inside(r *http.Request) bool {
	_, err := s.FromRequest(r)
	return err == nil
}

// find gives the session of a token, of somebody who is an operator still.
func (s *Service) find(ctx context.Context, token string) (session, error) {
	found, err := postgres.SystemReadOne[session](ctx, s.db, postgres.SignIn, `
		SELECT s.id, u.id AS user_id, u.name, u.email, s.last_seen_at, NOT s.pending AND s.created_at > now() - $2::interval AND s.last_seen_at > now() - $3::interval
			AND EXISTS (SELECT FROM user_factors WHERE user_id = u.id AND confirmed_at IS NOT NULL) AS live
		FROM operator_sessions s JOIN operators o ON o.id = s.operator_id JOIN users u ON u.id = o.id AND u.disabled_at IS NULL
		WHERE s.token_hash = $1 AND s.revoked_at IS NULL`, identity.HashOf(token), Life, Idle)
	if err != nil || !found.Live || time.Since(found.LastSeenAt) < time.Minute {
		return found, err
	}
	return found, postgres.SystemNote(ctx, s.db, postgres.SignIn, `UPDATE operator_sessions SET last_seen_at = now() WHERE id = $1`, found.ID)
}
