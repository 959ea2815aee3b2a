package people

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// member is a member who is locked.
type member struct {
	Name  string
	Email *string
	Role  tenant.Role
}

// lock finds an active member and keeps others from changing them meanwhile;
// fault.NotFound where there is none.
func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (member, error) {
	m, err := postgres.One[member](ctx, tx, `SELECT name, email, role FROM people WHERE id = $1 AND kind = 'member' AND active FOR NO KEY UPDATE`, id)
	if errors.Is(err, postgres.ErrNoRow) {
		return member{}, fault.NotFound("person", "there is no such member in your organisation any more")
	}
	return m, err
}

// manage is what stands before every change of another person.
func manage(ctx context.Context) error {
	if err := identity.Require(ctx, identity.ManagePeople); err != nil {
		return err
	}
	return identity.RequireVerified(ctx)
}

// SetRole gives a member another of the built-in roles, in place of a composed one too; it holds from their next request on. was is
// the role the actor saw, "" for whichever. It returns fault.Forbidden for somebody
// above the actor and the actor, fault.Stale where somebody changed the role since,
// and fault.Conflict where no owner would be left. Open invitations that the member
// made and could not make any more are revoked.
func (s *Service) SetRole(ctx context.Context, id uuid.UUID, was, role tenant.Role) error {
	if err := manage(ctx); err != nil {
		return err
	}
	if err := mayGive(ctx, role); err != nil {
		return err
	}
	return lastOwner(postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		m, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayTouch(ctx, id, m.Role); err != nil {
			return err
		}
		if was != "" && was != m.Role {
			return fault.Stale("person.stale", "%s was made %s by somebody else after you opened the page; look again and change it if it is still wrong", m.Name, m.Role)
		}
		return setRole(ctx, tx, id, role)
	}))
}

// GiveRole gives a member another built-in role, in the transaction of a directory
// or an identity provider that says so: who may is for the caller to know.
func GiveRole(ctx context.Context, tx pgx.Tx, id uuid.UUID, role tenant.Role) error {
	return setRole(ctx, tx, id, role)
}

func setRole(ctx context.Context, tx pgx.Tx, id uuid.UUID, role tenant.Role) error {
	if _, err := postgres.Exec(ctx, tx, `UPDATE people SET role = $2, custom_role_id = NULL, updated_at = now() WHERE id = $1 AND (role <> $2 OR custom_role_id IS NOT NULL)`, id, string(role)); err != nil {
		return err
	}
	return revokeOf(ctx, tx, id, Gives(tenant.Scope{Role: role}))
}

// Restrict revokes the open invitations of a member that they could not make any
// more with the role they have from now on: a change of it comes by here too where
// another room makes it.
func Restrict(ctx context.Context, tx pgx.Tx, id uuid.UUID, to tenant.Scope) error {
	if !identity.May(to, identity.InvitePeople) {
		return revokeOf(ctx, tx, id, nil)
	}
	return revokeOf(ctx, tx, id, Gives(to))
}

// revokeOf revokes the open invitations of a person to all roles but those.
func revokeOf(ctx context.Context, tx pgx.Tx, id uuid.UUID, but []tenant.Role) error {
	keep := make([]string, len(but))
	for i, r := range but {
		keep[i] = string(r)
	}
	_, err := postgres.Exec(ctx, tx, `
		UPDATE invitations SET revoked_at = now() WHERE created_by = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND role <> ALL ($2::text[])`, id, keep)
	return err
}

// Remove ends a membership at once: the person's next request is refused, and their
// sessions in the organisation end. Their name stays with what they did. It returns
// what SetRole does.
func (s *Service) Remove(ctx context.Context, id uuid.UUID) error {
	if err := manage(ctx); err != nil {
		return err
	}
	return lastOwner(postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		m, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayTouch(ctx, id, m.Role); err != nil {
			return err
		}
		return Leave(ctx, tx, id)
	}))
}

// Leave ends a membership, in the transaction of whoever may: their sessions here and
// the invitations they made end with it.
func Leave(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	if _, err := postgres.Exec(ctx, tx, `UPDATE people SET active = false, updated_at = now() WHERE id = $1`, id); err != nil {
		return err
	}
	if err := revokeOf(ctx, tx, id, nil); err != nil {
		return err
	}
	return postgres.As(ctx, tx, postgres.SignIn, func() error {
		_, err := postgres.Exec(ctx, tx, `UPDATE sessions SET revoked_at = now() WHERE person_id = $1 AND current_org_id = current_org() AND revoked_at IS NULL`, id)
		return err
	})
}

// Return makes somebody who left a member again, with the role they had, in the
// transaction of a directory that says so.
func Return(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	_, err := postgres.Exec(ctx, tx, `UPDATE people SET active = true, updated_at = now() WHERE id = $1 AND kind = 'member'`, id)
	return err
}

// lastOwner is the database's refusal to leave an organisation without an owner, in words.
func lastOwner(err error) error {
	if postgres.Constraint(err) == "people_last_owner" {
		return fault.Conflict("last_owner", "this is the last owner; make somebody else one first, under Settings, Ownership")
	}
	return err
}

// Transfer makes another active member an owner. The actor, an owner, stays one, or
// becomes an admin. It asks for their password: fault.Invalid with the field
// "current" for a wrong one, fault.Limited after too many.
func (s *Service) Transfer(ctx context.Context, to uuid.UUID, stay bool, password string, d identity.Device) error {
	if err := identity.Require(ctx, identity.TransferOrg); err != nil {
		return err
	}
	if err := identity.RequireVerified(ctx); err != nil {
		return err
	}
	if err := s.identity.Confirm(ctx, password, d); err != nil {
		return err
	}
	scope, err := tenant.Must(ctx)
	if err != nil {
		return err
	}
	if to == scope.ActorID {
		return fault.Invalid("person", "this is you; choose somebody else")
	}
	return lastOwner(postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		me, err := lock(ctx, tx, scope.ActorID)
		if err != nil {
			return err
		}
		m, err := lock(ctx, tx, to)
		switch {
		case err != nil:
			return err
		case me.Role != tenant.Owner:
			return fault.Forbidden("forbidden", "you are no owner any more")
		case m.Role == tenant.Owner && stay:
			return fault.Conflict("person.owner", "%s is an owner already", m.Name)
		}
		if err := setRole(ctx, tx, to, tenant.Owner); err != nil {
			return err
		}
		if !stay {
			if err := setRole(ctx, tx, scope.ActorID, tenant.Admin); err != nil {
				return err
			}
		}
		if m.Email == nil {
			return nil
		}
		look, err := lookOf(ctx, tx)
		if err != nil {
			return err
		}
		return s.mail.Write(ctx, tx, ownerLetter(scope.OrgID, *m.Email, scope.ActorName, look))
	}))
}

// lookOf is how the organisation's mails look.
func lookOf(ctx context.Context, tx pgx.Tx) (mail.Look, error) {
	return postgres.One[mail.Look](ctx, tx, `SELECT name, coalesce(brand_color, '') AS colour FROM orgs WHERE id = current_org()`)
}
