package people

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Offer is an invitation as whoever has its link sees it.
type Offer struct {
	OrgID       uuid.UUID
	OrgName     string
	ID          uuid.UUID
	Email       string
	Name        string
	Role        tenant.Role
	By          string
	Placeholder *uuid.UUID
	Known       bool // the address has an account
}

var errOffer = fault.NotFound("invitation", "this invitation was accepted, revoked or is too old; ask whoever invited you for another one")

// Look gives the invitation of a link; fault.NotFound where it is not open any more.
func (s *Service) Look(ctx context.Context, token string) (Offer, error) {
	offer, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (Offer, error) {
		return postgres.One[Offer](ctx, tx, `
			SELECT i.org_id, o.name AS org_name, i.id, i.email, i.name, i.role, p.name AS by, i.placeholder_id AS placeholder,
				EXISTS (SELECT FROM users u WHERE u.email = i.email) AS known
			FROM invitations i JOIN orgs o ON o.id = i.org_id AND o.suspended_at IS NULL JOIN people p ON p.org_id = i.org_id AND p.id = i.created_by
			WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()`, identity.HashOf(token))
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return Offer{}, errOffer
	}
	return offer, err
}

// Accept makes an account for the invitation of a link, and its person a member.
// The link was mailed to the address, so the account begins confirmed. It returns
// fault.NotFound where the invitation is not open any more, fault.Conflict where the
// address has an account, whose person has to sign in, and fault.Invalid with the
// fields "name" and "password".
func (s *Service) Accept(ctx context.Context, token, name, password string) (Offer, error) {
	offer, err := s.Look(ctx, token)
	if err != nil {
		return Offer{}, err
	}
	if offer.Known {
		return Offer{}, errKnown(offer)
	}
	problems := fault.Fields{}
	problems.Text("name", name, 200)
	if name == "" {
		problems.Add("name", "enter your name")
	}
	if refused := fault.As(identity.CheckPassword(password, offer.Email, name, offer.OrgName)); refused != nil {
		problems.Add("password", "%s", refused.Fields["password"])
	}
	if err := problems.Err(); err != nil {
		return Offer{}, err
	}
	hash, err := identity.HashPassword(ctx, password)
	if err != nil {
		return Offer{}, err
	}
	user := postgres.NewID()
	err = s.join(ctx, offer, token, user, name, func(ctx context.Context, tx pgx.Tx) error {
		return postgres.As(ctx, tx, postgres.SignIn, func() error {
			_, err := postgres.Exec(ctx, tx, `INSERT INTO users (id, email, name, password_hash, verified_at) VALUES ($1, $2, $3, $4, now())`, user, offer.Email, name, hash)
			return err
		})
	})
	if postgres.Constraint(err) == "users_email_key" {
		return Offer{}, errKnown(offer)
	}
	return offer, err
}

func errKnown(o Offer) error {
	return fault.Conflict("account", "%s has an account already; sign in with it to accept the invitation", o.Email)
}

// AcceptAs makes the person who is signed in a member of the invitation's
// organisation as well, and the session look at it. It returns fault.Forbidden where
// the invitation went to another address than theirs, and fault.Conflict where they
// are a member already.
func (s *Service) AcceptAs(ctx context.Context, token string) (Offer, error) {
	session, ok := identity.Current(ctx)
	if !ok {
		return Offer{}, fault.Unauthenticated("unauthenticated", "sign in first")
	}
	offer, err := s.Look(ctx, token)
	if err != nil {
		return Offer{}, err
	}
	if offer.Email != session.Email {
		return Offer{}, fault.Forbidden("invitation.other", "this invitation went to %s, and you are signed in as %s; sign out, then open the link again", offer.Email, session.Email)
	}
	err = s.join(ctx, offer, token, session.UserID, session.Name, func(ctx context.Context, tx pgx.Tx) error {
		return postgres.As(ctx, tx, postgres.SignIn, func() error { // whoever has the mailed link is reached at the address
			_, err := postgres.Exec(ctx, tx, `UPDATE users SET verified_at = now() WHERE id = $1 AND verified_at IS NULL`, session.UserID)
			return err
		})
	})
	if err != nil {
		return Offer{}, err
	}
	return offer, s.identity.SwitchOrg(ctx, offer.OrgID)
}

// join makes a user a member, in the scope of the invitation's organisation: no
// other's rows can be reached by a mistake here. before runs first in the
// transaction.
func (s *Service) join(ctx context.Context, offer Offer, token string, user uuid.UUID, name string, before func(context.Context, pgx.Tx) error) error {
	person := postgres.NewID()
	if offer.Placeholder != nil {
		person = *offer.Placeholder
	}
	now, _ := tenant.From(ctx)
	scope := tenant.Scope{OrgID: offer.OrgID, ActorID: person, ActorName: name, Role: offer.Role, RequestID: now.RequestID}
	err := postgres.Do(tenant.With(ctx, scope), s.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := postgres.Value[uuid.UUID](ctx, tx, `
			SELECT id FROM invitations WHERE token_hash = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now() FOR UPDATE`, identity.HashOf(token))
		if errors.Is(err, postgres.ErrNoRow) {
			return errOffer
		}
		if err != nil {
			return err
		}
		if err := before(ctx, tx); err != nil {
			return err
		}
		if person, err = admit(ctx, tx, offer, person, user, name); err != nil {
			return err
		}
		_, err = postgres.Exec(ctx, tx, `UPDATE invitations SET accepted_at = now(), person_id = $2, token_hash = NULL WHERE id = $1`, offer.ID, person)
		return err
	})
	if postgres.Constraint(err) == "people_one_membership" {
		return fault.Conflict("member", "you are a member of %s already", offer.OrgName)
	}
	return err
}

// admit makes the row of a member: the one they had, the placeholder's with all
// its work, or a new one. A placeholder keeps its name, by which later files of the
// other system find the person again.
func admit(ctx context.Context, tx pgx.Tx, offer Offer, person, user uuid.UUID, name string) (uuid.UUID, error) {
	if offer.Placeholder != nil {
		n, err := postgres.Exec(ctx, tx, `
			UPDATE people SET kind = 'member', user_id = $2, email = $3, role = $4, active = true, updated_at = now() WHERE id = $1 AND kind = 'placeholder'`,
			person, user, offer.Email, string(offer.Role))
		if err == nil && n == 0 {
			err = fault.Conflict("placeholder", "somebody else is that person of the import by now; ask %s for another invitation", offer.By)
		}
		return person, err
	}
	back, err := postgres.Value[uuid.UUID](ctx, tx, `
		UPDATE people SET email = $2, role = $3, custom_role_id = NULL, active = true, updated_at = now() WHERE user_id = $1 AND NOT active RETURNING id`, user, offer.Email, string(offer.Role))
	if !errors.Is(err, postgres.ErrNoRow) {
		return back, err
	}
	_, err = postgres.Exec(ctx, tx, `
		INSERT INTO people (org_id, id, user_id, kind, name, email, role, active) VALUES (current_org(), $1, $2, 'member', $3, $4, $5, true)`,
		person, user, name, offer.Email, string(offer.Role))
	return person, err
}

// Newcomer is somebody for whom an identity provider or a directory vouches.
type Newcomer struct {
	ID     uuid.UUID // of their row, where they have no other
	UserID uuid.UUID
	Email  string
	Name   string
	Role   tenant.Role // "" where only an invitation gives one
}

// ErrNoRole is returned by Join for a newcomer without a role and an invitation.
var ErrNoRole = errors.New("people: no role and no invitation")

// Join makes a newcomer a member, in a transaction of the organisation, and gives
// the id of their row. An open invitation to their address is accepted by it: with
// its role, where the newcomer comes with none, and with the work of the person of
// an import it stands for.
func Join(ctx context.Context, tx pgx.Tx, n Newcomer) (uuid.UUID, error) {
	offer, err := postgres.One[Offer](ctx, tx, `
		SELECT org_id, '' AS org_name, id, email, name, role, '' AS by, placeholder_id AS placeholder, true AS known FROM invitations
		WHERE email = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now() FOR UPDATE`, n.Email)
	invited := err == nil
	if err != nil && !errors.Is(err, postgres.ErrNoRow) {
		return uuid.Nil, err
	}
	offer.Email = n.Email
	if n.Role != "" {
		offer.Role = n.Role
	}
	if offer.Role == "" {
		return uuid.Nil, ErrNoRole
	}
	person := n.ID
	if offer.Placeholder != nil {
		person = *offer.Placeholder
	}
	if person, err = admit(ctx, tx, offer, person, n.UserID, n.Name); err != nil || !invited {
		return person, err
	}
	_, err = postgres.Exec(ctx, tx, `UPDATE invitations SET accepted_at = now(), person_id = $2, token_hash = NULL WHERE id = $1`, offer.ID, person)
	return person, err
}
