package sso

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/people"
	"github.com/skaiscraper/skai/internal/identity/sso/idp"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// found is who somebody is here.
type found struct {
	ID      uuid.UUID
	Name    string
	Role    tenant.Role
	Active  bool
	Invited bool // by an open invitation
	Linked  bool // by the provider's name for them
	Other   bool // the provider's name for them is another one
}

// admit finds the member that the claims are about, or makes them one, and gives
// them the role of their groups. It returns fault.Forbidden, in words for them, for
// somebody who may not come in.
func (s *Service) admit(ctx context.Context, c idp.Connection, who idp.Claims) (uuid.UUID, error) {
	if err := who.Tidy(); err != nil {
		return uuid.Nil, err
	}
	now, _ := tenant.From(ctx)
	scope := tenant.Scope{OrgID: c.OrgID, ActorName: who.Name, Role: tenant.Viewer, RequestID: now.RequestID}
	p, err := postgres.Read(tenant.With(ctx, scope), s.db, func(ctx context.Context, tx pgx.Tx) (found, error) { return known(ctx, tx, who) })
	unknown := errors.Is(err, postgres.ErrNoRow)
	if err != nil && !unknown {
		return uuid.Nil, err
	}
	switch {
	case unknown:
		p.ID = postgres.NewID()
	case !p.Active && p.Invited:
		unknown = true // they come back as what the invitation says
	case !p.Active:
		return uuid.Nil, fault.Forbidden("sso.removed", "you were removed from this organisation; ask an owner or admin to invite you again")
	case p.Other:
		return uuid.Nil, fault.Forbidden("sso.other", "the identity provider says %s is somebody else than it said before; if the account there was made anew, an owner can forget who is who under Settings, Single sign-on", who.Email)
	}
	scope.ActorID = p.ID
	id, err := postgres.Tx(tenant.With(ctx, scope), s.db, func(ctx context.Context, tx pgx.Tx) (uuid.UUID, error) { return enter(ctx, tx, c, who, p, unknown) })
	switch postgres.Constraint(err) {
	case "sso_identities_subject_key", "people_one_membership": // by another window of theirs, at this moment
		return uuid.Nil, fault.Conflict("sso.twice", "you are signing in twice at the same moment; try again")
	}
	return id, err
}

// known finds somebody by the provider's name for them or, the first time, by their
// address, which has to be in a domain of the organisation either way.
func known(ctx context.Context, tx pgx.Tx, who idp.Claims) (found, error) {
	_, domain, _ := strings.Cut(who.Email, "@")
	ours, err := postgres.Value[bool](ctx, tx, `SELECT EXISTS (SELECT FROM sso_domains WHERE domain = $1 AND verified_at IS NOT NULL)`, domain)
	if err == nil && !ours {
		err = fault.Forbidden("sso.domain", "your address %s is in no e-mail domain that this organisation has shown to be its own; an owner adds it under Settings, Single sign-on", who.Email)
	}
	if err != nil {
		return found{}, err
	}
	return postgres.One[found](ctx, tx, `
		SELECT p.id, p.name, p.role, p.active, i.id IS NOT NULL AS linked,
			EXISTS (SELECT FROM invitations v WHERE v.email = $3 AND v.accepted_at IS NULL AND v.revoked_at IS NULL AND v.expires_at > now()) AS invited,
			i.id IS NULL AND EXISTS (SELECT FROM sso_identities o WHERE o.person_id = p.id AND o.issuer = $1) AS other
		FROM people p LEFT JOIN sso_identities i ON i.person_id = p.id AND i.issuer = $1 AND i.subject = $2
		WHERE p.kind = 'member' AND (i.id IS NOT NULL OR p.email = $3)
		ORDER BY linked DESC, p.active DESC LIMIT 1`, who.Issuer, who.Subject, who.Email)
}

// enter makes somebody a member where they are none, links them, and gives them
// their role.
func enter(ctx context.Context, tx pgx.Tx, c idp.Connection, who idp.Claims, p found, unknown bool) (uuid.UUID, error) {
	role, ruled, err := RoleOf(ctx, tx, p.ID, who.Groups)
	if err != nil {
		return uuid.Nil, err
	}
	if role == "" && c.DefaultRole != nil {
		role = tenant.Role(*c.DefaultRole)
	}
	if unknown {
		if p.ID, err = join(ctx, tx, who, p.ID, role); err != nil {
			return uuid.Nil, err
		}
	} else if ruled && p.Role != tenant.Owner && p.Role != role {
		if role == "" {
			return uuid.Nil, errNoRole
		}
		if err := people.GiveRole(ctx, tx, p.ID, role); err != nil {
			return uuid.Nil, err
		}
	}
	if !p.Linked {
		if _, err := postgres.Exec(ctx, tx, `INSERT INTO sso_identities (org_id, id, issuer, subject, person_id) VALUES (current_org(), $1, $2, $3, $4)`, postgres.NewID(), who.Issuer, who.Subject, p.ID); err != nil {
			return uuid.Nil, err
		}
	}
	_, err = postgres.Exec(ctx, tx, `UPDATE sso_connections SET worked_at = now() WHERE id = $1 AND (worked_at IS NULL OR worked_at < now() - interval '1 hour')`, c.ID)
	return p.ID, err
}

var errNoRole = fault.Forbidden("sso.no_role", "you are in no group that has a role in this organisation; ask whoever runs your identity provider to put you into one, or an owner here to give new people a role")

// join makes somebody a member who was none.
func join(ctx context.Context, tx pgx.Tx, who idp.Claims, id uuid.UUID, role tenant.Role) (uuid.UUID, error) {
	user, err := identity.EnsureUser(ctx, tx, who.Email, who.Name)
	if err != nil {
		return uuid.Nil, err
	}
	id, err = people.Join(ctx, tx, people.Newcomer{ID: id, UserID: user, Email: who.Email, Name: who.Name, Role: role})
	if errors.Is(err, people.ErrNoRole) {
		err = errNoRole
	}
	return id, err
}
